// See Sources/InspectorCore/System/SeenMutex.swift: of the two that a test could mean, this one.

#if SEEN_MUTEX
import InspectorCore

typealias Mutex = InspectorCore.Mutex
#endif
