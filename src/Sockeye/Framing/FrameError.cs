namespace Sockeye;

/// <summary>The error in a frame.</summary>
public enum FrameError
{
    /// <summary>The frame is longer than the codec's maximum.</summary>
    TooLong,

    /// <summary>The stream ended in the middle of the frame.</summary>
    Truncated,

    /// <summary>The frame, or the message to write, breaks the codec's rules.</summary>
    Malformed,
}
