using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>Whose fault it is that a codec's code threw: the peer's, whose bytes it was given, or the code's own.</summary>
internal static class DecodeError
{
    /// <summary>
    /// Decoding depends on nothing but the peer's bytes, so what it throws is what those bytes make it throw: a frame that is too
    /// short for <c>BinaryPrimitives</c>, a number out of range, text that is none. The exceptions are those which no bytes
    /// explain, and those which mean that this process is in trouble.
    /// </summary>
    public static bool IsCausedByPeer(Exception error) => error is not (
        FrameException // says itself whose fault it is
        or NullReferenceException or NotImplementedException or NotSupportedException or ObjectDisposedException
        or OperationCanceledException or OutOfMemoryException or InsufficientExecutionStackException
        or TypeInitializationException or TypeLoadException or MissingMemberException or BadImageFormatException
        or ArrayTypeMismatchException or SEHException);
}
