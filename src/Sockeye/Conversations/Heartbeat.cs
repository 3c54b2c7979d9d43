namespace Sockeye;

/// <summary>
/// The messages by which a connection notices that its peer is dead, although TCP reports nothing. Attached with
/// <c>codec.WithHeartbeat(…)</c>; heartbeat messages are hidden from the reader of the connection.
/// </summary>
/// <remarks>
/// A ping is sent when nothing was received for <see cref="Interval"/>. If nothing is received for <see cref="Timeout"/> after
/// that, the connection is aborted with <see cref="CloseCause.Timeout"/>. A dead peer is known within 1.25 times the interval,
/// plus the timeout, plus 200 ms. Every received byte counts, not only heartbeats. Time during which this side does not read, so
/// that received bytes fill its buffer, is not the fault of the peer and does not count.
/// <para>Pings are answered, and hidden, when they are read: a peer whose handler does not read is not answered.</para>
/// </remarks>
/// <typeparam name="TIn">The message that the peer sends.</typeparam>
/// <typeparam name="TOut">The message that this side sends.</typeparam>
public sealed class Heartbeat<TIn, TOut>
{
    private static readonly TimeSpan MinTime = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxTime = TimeSpan.FromDays(1);

    /// <summary>Gets or sets the function that creates the ping of this side. Default: null, this side sends none, and only
    /// answers.</summary>
    public Func<TOut>? CreatePing { get; set; }

    /// <summary>Gets or sets the function that recognizes the response to a ping, which is hidden. Default: null, none of the
    /// messages; then the reader gets the responses.</summary>
    public Func<TIn, bool>? IsPong { get; set; }

    /// <summary>Gets or sets the function that recognizes a ping of the peer, which is hidden. Default: null, none of the
    /// messages.</summary>
    public Func<TIn, bool>? IsPing { get; set; }

    /// <summary>Gets or sets the function that creates the response to a ping of the peer. Default: null, pings get no
    /// response.</summary>
    public Func<TIn, TOut>? CreatePong { get; set; }

    /// <summary>
    /// Gets or sets the time without received bytes after which a ping is sent. Default: 15 s. Range: 100 ms to 1 day.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan Interval { get; set => field = OptionChecks.InRange(value, MinTime, MaxTime); } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Gets or sets the time that the peer has to respond to a ping. Default: 15 s. Range: 100 ms to 1 day.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan Timeout { get; set => field = OptionChecks.InRange(value, MinTime, MaxTime); } = TimeSpan.FromSeconds(15);

    /// <summary>Gets or sets the clock. Default: null, that of the connection (in a simulation, its virtual time).</summary>
    public TimeProvider? TimeProvider { get; set; }

    /// <summary>Returns a copy that later changes do not affect.</summary>
    /// <exception cref="ArgumentException">A function is missing that another one needs.</exception>
    internal Heartbeat<TIn, TOut> TakeCopy()
    {
        if (CreatePing is null && IsPing is null)
        {
            throw new ArgumentException(
                "A heartbeat needs CreatePing, to send pings, or IsPing, to answer them.", nameof(CreatePing));
        }

        if (CreatePong is not null && IsPing is null)
            throw new ArgumentException("CreatePong answers pings, which IsPing recognizes: set both.", nameof(IsPing));
        return OptionCopier.ShallowCopy(this);
    }
}
