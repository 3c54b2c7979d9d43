using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>
/// Distinguishes exceptions of a decoder that the bytes of the peer cause from those that the decoder's code causes.
/// </summary>
internal static class DecodeError
{
    /// <summary>
    /// Returns whether the bytes of the peer cause an exception. Decoding depends only on these bytes, so they cause most
    /// exceptions: a frame that is too short for <c>BinaryPrimitives</c>, a number out of range, invalid text. The others are
    /// those that no bytes can cause, and those of a lack of memory or stack.
    /// </summary>
    public static bool IsCausedByPeer(Exception error) => error is not (
        FrameException // names its own cause
        or NullReferenceException or NotImplementedException or NotSupportedException or ObjectDisposedException
        or OperationCanceledException or OutOfMemoryException or InsufficientExecutionStackException
        or TypeInitializationException or TypeLoadException or MissingMemberException or BadImageFormatException
        or ArrayTypeMismatchException or SEHException);
}
