using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>Tells whether an exception of a decoder is caused by the bytes of the peer or by the decoder's own code.</summary>
internal static class DecodeError
{
    /// <summary>
    /// Decoding depends only on the bytes of the peer, so the bytes cause what it throws: a frame that is too short for
    /// <c>BinaryPrimitives</c>, a number out of range, invalid text. The exceptions are those that no bytes can cause, and those
    /// that mean that this process is in trouble.
    /// </summary>
    public static bool IsCausedByPeer(Exception error) => error is not (
        FrameException // names its own cause
        or NullReferenceException or NotImplementedException or NotSupportedException or ObjectDisposedException
        or OperationCanceledException or OutOfMemoryException or InsufficientExecutionStackException
        or TypeInitializationException or TypeLoadException or MissingMemberException or BadImageFormatException
        or ArrayTypeMismatchException or SEHException);
}
