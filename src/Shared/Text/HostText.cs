using System.Globalization;
using System.Net;

namespace Sockeye;

/// <summary>Parses a host in code, on a command line or in a configuration: an IP address or a name.</summary>
/// <remarks>
/// Only the usual form of an address is accepted. The other forms that <c>inet_aton</c> and .NET accept (127.1, 0x7f.0.0.1,
/// 0177.0.0.1, 2130706433) mean different machines to different programs (RFC 6943, section 3.1.1), and are rejected.
/// </remarks>
internal static class HostText
{
    // RFC 1035, section 2.3.4.
    private const int MaxNameLength = 253;
    private const int MaxLabelLength = 63;

    private static readonly IdnMapping Idn = new() { AllowUnassigned = true };

    /// <summary>Returns why the text is neither an address nor a name; null if it is one of them.</summary>
    /// <param name="host">The text; an IPv6 address with or without brackets.</param>
    /// <param name="address">The address, if it is one; an IPv4-mapped one as IPv4.</param>
    public static string? Parse(string host, out IPAddress? address)
    {
        address = null;
        var literal = host is ['[', .. var inner, ']'] ? inner : host;
        if (host.Length == 0)
            return "the host is missing";
        if (host.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
            return $"\"{host}\" is neither a host name nor an address";
        if (literal.Contains(':', StringComparison.Ordinal))
            return ParseIPv6(literal, out address);
        if (literal.Length != host.Length)
            return $"only an IPv6 address stands in brackets, and \"{literal}\" is none";
        if (IsNumber(host.TrimEnd('.').Split('.')[^1]))
            return ParseIPv4(host, out address);
        return FindNameProblem(host);
    }

    /// <summary>Returns a name in the form of name servers: letters of other alphabets become ASCII (RFC 5891).</summary>
    /// <exception cref="ArgumentException">It is not a name.</exception>
    public static string ToAscii(string name) =>
        Ascii(name, out var problem) ?? throw new ArgumentException(problem, nameof(name));

    /// <summary>
    /// Returns a name in the form for comparison, as on the wire and in certificates: in lower case, labels of other alphabets in
    /// Punycode (RFC 5890, section 2.3.2.1), without a dot at the end. A text that cannot be such a name is returned in lower
    /// case.
    /// </summary>
    public static string Normalize(string name)
    {
        var ascii = name.ToLowerInvariant();
        try
        {
            ascii = ToAscii(ascii.Normalize());
        }
        catch (ArgumentException)
        {
            // Half a character, or a label that is too long: no such name exists.
        }

        return ascii.EndsWith('.') ? ascii[..^1] : ascii;
    }

    private static string? ParseIPv6(string text, out IPAddress? address)
    {
        var percent = text.IndexOf('%', StringComparison.Ordinal);
        var (digits, zone) = percent < 0 ? (text, null) : (text[..percent], text[(percent + 1)..]);
        address = null;
        // .NET would accept a prefix length, or a second port, as a part of the address.
        var mayBeOne = zone is not "" && digits.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.');
        if (!mayBeOne || !IPAddress.TryParse(digits, out address))
            return $"\"{text}\" is not an IPv6 address";
        // .NET would also ignore a zone that does not exist.
        if (zone is not (null or "0") && (!IPAddress.TryParse(text, out address) || address.ScopeId == 0))
            return $"\"{zone}\" of \"{text}\" is not a network interface of this machine";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return null;
    }

    private static string? ParseIPv4(string text, out IPAddress? address)
    {
        address = null;
        var parts = text.Split('.');
        Span<byte> bytes = stackalloc byte[4];
        for (var i = 0; i < bytes.Length; i++)
        {
            if (parts.Length != bytes.Length || parts[i] is ['0', _, ..]
                || !byte.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[i]))
                return $"\"{text}\" is not an IPv4 address, which has four numbers from 0 to 255 without leading zeros";
        }

        address = new(bytes);
        return null;
    }

    /// <summary>A host whose last label is a number is an address or a mistake: no name ends in one (RFC 3696, section
    /// 2).</summary>
    private static bool IsNumber(string label) =>
        (label.Length > 0 && label.All(char.IsAsciiDigit))
        || (label is ['0', 'x' or 'X', .. var digits] && digits.All(char.IsAsciiHexDigit));

    private static string? FindNameProblem(string name)
    {
        if (Ascii(name, out var problem) is not { } ascii)
            return problem;
        var labels = (ascii is [.. var withoutDot, '.'] ? withoutDot : ascii).Split('.');
        return labels.Any(label => label.Length == 0) ? $"\"{name}\" has an empty part between its dots"
            : labels.Any(label => label.Length > MaxLabelLength)
                ? $"\"{name}\" has a part of more than {MaxLabelLength} characters"
            : labels.Sum(label => label.Length + 1) - 1 > MaxNameLength
                ? $"\"{name}\" has more than {MaxNameLength} characters"
            : ascii.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') ? null
            : $"\"{name}\" is neither a host name nor an address";
    }

    private static string? Ascii(string name, out string? problem)
    {
        problem = null;
        if (name.All(char.IsAscii))
            return name;
        try
        {
            // Without the globalization data of ICU, .NET does not fold the case of letters.
            return Idn.GetAscii(name.ToLowerInvariant());
        }
        catch (ArgumentException)
        {
            problem = $"\"{name}\" has no form that name servers know (RFC 5891)";
            return null;
        }
    }
}
