namespace Sockeye;

/// <summary>What is wrong with a frame.</summary>
public enum FrameError
{
    /// <summary>It is longer than the codec's maximum.</summary>
    TooLong,

    /// <summary>The stream ended in the middle of it.</summary>
    Truncated,

    /// <summary>Its bytes, or the message to be written, do not follow the codec's rules.</summary>
    Malformed,
}
