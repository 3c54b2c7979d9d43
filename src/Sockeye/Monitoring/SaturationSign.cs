using System.Net;

namespace Sockeye;

/// <summary>A sign that a server is close to saturation, or no longer serves.</summary>
public sealed class SaturationSign
{
    internal SaturationSign(SaturationKind kind, double level, string description, EndPoint? endpoint = null) =>
        (Kind, Level, Description, EndPoint) = (kind, Math.Min(level, 1), description, endpoint);

    /// <summary>What it is a sign of.</summary>
    public SaturationKind Kind { get; }

    /// <summary>The listener it concerns: one of <see cref="SockeyeServer.EndPoints"/>. Null: the whole server.</summary>
    public EndPoint? EndPoint { get; }

    /// <summary>From 0.5 to 1: at 1 clients fail, or may do so any moment. <see cref="SaturationKind"/> says what it
    /// measures.</summary>
    public double Level { get; }

    /// <summary>A sentence without a full stop: what it is, how much of it, and the way out.</summary>
    public string Description { get; }

    /// <summary>The description.</summary>
    public override string ToString() => Description;
}
