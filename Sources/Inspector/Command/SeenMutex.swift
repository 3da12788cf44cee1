// See InspectorCore/System/SeenMutex.swift: of the two that are imported, this one.

#if SEEN_MUTEX
internal import InspectorCore

typealias Mutex = InspectorCore.Mutex
#endif
