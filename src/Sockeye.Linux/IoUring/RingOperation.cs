namespace Sockeye.Linux;

/// <summary>What a completion is of: the lowest byte of what a submission is marked with; above it a connection's or a watch's
/// number.</summary>
internal enum RingOperation : byte
{
    WakeUp,
    Watch,
    Cancel,
    ReceiveSmall,
    ReceiveLarge,
    Send,
}

internal static class RingMark
{
    private const int OperationBits = 8;

    public static ulong Of(RingOperation operation, ulong number) => (number << OperationBits) | (ulong)operation;

    public static (RingOperation Operation, ulong Number) Read(ulong mark) => ((RingOperation)(byte)mark, mark >> OperationBits);
}
