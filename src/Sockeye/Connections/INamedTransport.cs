namespace Sockeye.Transports;

/// <summary>A transport that describes itself in logs and on the admin page.</summary>
/// <remarks>Optional. Another transport is shown by the name of its type.</remarks>
public interface INamedTransport
{
    /// <summary>Gets the name of the transport in options and logs, such as "io_uring".</summary>
    string Name { get; }

    /// <summary>
    /// Gets the reason why this transport was selected, as a sentence without a full stop. Null if there was no choice.
    /// </summary>
    string? Reason { get; }
}
