using System.Buffers;

namespace Sockeye;

/// <summary>The result of parsing: a header of this length, an error, or (neither) too few bytes.</summary>
internal readonly record struct ProxyParse(ProxyHeader? Header, int Length, string? Error)
{
    public static ProxyParse NeedMore => default;

    public static ProxyParse Invalid(string error) => new(null, 0, error);

    public static ProxyParse Done(ProxyHeader header, int length) => new(header, length, null);
}

/// <summary>Distinguishes the versions, and reports an error at the first byte that fits neither.</summary>
internal static class ProxyHeaderParser
{
    public static ProxyParse Parse(in ReadOnlySequence<byte> input, int maxLength)
    {
        // A whole version 1 header and the fixed part of a version 2 header are examined in one piece.
        Span<byte> copy = stackalloc byte[ProxyHeaderV1.MaxLength];
        scoped var start = input.FirstSpan;
        if (start.Length < copy.Length && !input.IsSingleSegment)
        {
            var part = input.Slice(0, Math.Min(input.Length, copy.Length));
            part.CopyTo(copy);
            start = copy[..(int)part.Length];
        }

        if (CanStartWith(start, ProxyHeaderV2.Signature))
            return ProxyHeaderV2.Parse(input, start, maxLength);
        if (CanStartWith(start, ProxyHeaderV1.Signature))
            return ProxyHeaderV1.Parse(start);
        return ProxyParse.Invalid(HeaderMismatch.Describe(start));
    }

    private static bool CanStartWith(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature) =>
        bytes.Length < signature.Length ? signature.StartsWith(bytes) : bytes.StartsWith(signature);
}
