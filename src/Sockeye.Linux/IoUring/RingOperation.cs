namespace Sockeye.Linux;

/// <summary>What a completion is of: the lowest byte of what a submission is marked with; above it a connection's or a registration's
/// number.</summary>
internal enum RingOperation : byte
{
    Wake,
    Poll,
    Cancel,
    ReceiveSmall,
    ReceiveLarge,
    Send,
}

internal static class RingUserData
{
    private const int OperationBits = 8;

    public static ulong Pack(RingOperation operation, ulong number) => (number << OperationBits) | (ulong)operation;

    public static (RingOperation Operation, ulong Number) Unpack(ulong mark) => ((RingOperation)(byte)mark, mark >> OperationBits);
}
