namespace Sockeye.EngineSimulation.Tests.Kernel;

/// <summary>
/// An error that no kernel makes. It has the effect of a mistake in an engine, which then calls the kernel too early, too
/// late, or twice.
/// </summary>
internal enum Mistake
{
    None,

    /// <summary>An engine goes to sleep without having seen an event.</summary>
    ForgottenEvent,

    /// <summary>An engine closes a descriptor twice; in between, the number is another file's.</summary>
    DescriptorClosedTwice,

    /// <summary>An engine sends FIN while it still has the last byte.</summary>
    FinBeforeLastByte,

    /// <summary>An engine takes an operation for ended, and closes the descriptor.</summary>
    CompletionAfterClose,

    /// <summary>An engine gives a buffer to the kernel twice.</summary>
    BufferReleasedTwice,

    /// <summary>An engine still receives on a socket that another connection has.</summary>
    ReceivedAfterMove,

    /// <summary>An engine takes a cancelled send for unsent, although it was sent, and sends it once more.</summary>
    CancelledSendTakenForUnsent,
}
