// What a client sends before the connection is free for it: requests behind one that is served, and their bodies.

internal import NIOCore
internal import NIOHTTP1

extension Connection {
    /// Keeps what came before its turn, and stops reading where that is too much.
    func queue(item: WaitingParts.Item, context: ChannelHandlerContext) {
        context.eventLoop.preconditionInEventLoop()
        waiting.append(item)
        guard waiting.isFull(limits), !isPaused else { return }
        isPaused = true
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
    }

    /// The connection is free for the next request, or for more of the body of one that is taken as it comes.
    func goOn(_ context: ChannelHandlerContext) {
        context.eventLoop.preconditionInEventLoop()
        while mayGoOn, !state.isOver, context.channel.isActive, let item = waiting.popFirst() {
            switch item {
            // Its taker has it already: what came with it and had to wait is its body.
            case .part(let part, _) where coming != nil: takeComing(part, context: context)
            case .part(let part, let read): take(part, read: read, context: context)
            case .inputClosed: perform(state.inputClosed(), context: context)
            case .failed(let status): perform(state.failed(status: status), context: context)
            }
        }
        if isPaused, waiting.hasRoom(limits), coming?.isPaused != true {
            isPaused = false
            try? context.channel.syncOptions?.setOption(.autoRead, value: true)
            context.read()
        }
    }

    private var mayGoOn: Bool { coming.map { !$0.isPaused } ?? !state.isServing }
}
