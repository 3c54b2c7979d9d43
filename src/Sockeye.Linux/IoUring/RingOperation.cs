using System.Diagnostics;

namespace Sockeye.Linux;

/// <summary>The kind of operation of a completion.</summary>
internal enum RingOperation : byte
{
    Wake,
    Poll,
    Cancel,
    ReceiveSmall,
    ReceiveLarge,
    Send,
}

/// <summary>
/// The user data of a submission: the operation in the lowest byte, and the token of a connection or registration above it.
/// </summary>
internal static class RingUserData
{
    private const int OperationBits = 8;

    public static ulong Pack(RingOperation operation, ulong token)
    {
        Debug.Assert(token >> (64 - OperationBits) == 0, "A token has 56 bits.");
        return (token << OperationBits) | (ulong)operation;
    }

    public static (RingOperation Operation, ulong Token) Unpack(ulong data) =>
        ((RingOperation)(byte)data, data >> OperationBits);
}
