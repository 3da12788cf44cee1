import InspectorCore
struct Stub2 {}
