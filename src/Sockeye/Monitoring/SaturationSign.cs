using System.Net;

namespace Sockeye;

/// <summary>Describes a sign that a server is close to saturation, or no longer serves its clients.</summary>
public sealed class SaturationSign
{
    internal SaturationSign(SaturationKind kind, double level, Explanation explanation, EndPoint? endpoint = null) =>
        (Kind, Level, Explanation, EndPoint) = (kind, Math.Min(level, 1), explanation, endpoint);

    /// <summary>Gets the kind of saturation.</summary>
    public SaturationKind Kind { get; }

    /// <summary>
    /// Gets the endpoint of the listener that the sign concerns: one of <see cref="SockeyeServer.EndPoints"/>. Null if it
    /// concerns the whole server.
    /// </summary>
    public EndPoint? EndPoint { get; }

    /// <summary>
    /// Gets the level, from 0.5 to 1. At 1, clients fail or may fail at any moment. <see cref="SaturationKind"/> documents the
    /// measure of each kind.
    /// </summary>
    public double Level { get; }

    /// <summary>Gets a sentence without a full stop, with the condition, its extent, and a remedy.</summary>
    public string Description => Explanation.ToString();

    /// <summary>Gets the description together with the option to change, for programs that name options differently.</summary>
    public Explanation Explanation { get; }

    /// <summary>Returns the description.</summary>
    public override string ToString() => Description;
}
