namespace Sockeye;

/// <summary>A transport that says what it is to those who run it.</summary>
internal interface INamedTransport
{
    /// <summary>As options and logs call it.</summary>
    string Name { get; }

    /// <summary>Why this one and not another, as a sentence without a full stop; null where there was no choice.</summary>
    string? Reason { get; }
}
