using System.Text;

namespace Sockeye.Nats;

/// <summary>The subjects of a cluster.</summary>
/// <remarks>
/// <code>
/// {prefix}.{cluster}.all              announcements
/// {prefix}.{cluster}.n.{incarnation}  one node, 16 hexadecimal digits
/// {prefix}.{cluster}.g.{token}        one topic
/// </code>
/// </remarks>
internal sealed class NatsSubjects
{
    public const int MaxTopicBytes = 512;

    // Subjects of topics with members on this node are kept with their subscriptions: this is for the others.
    private const int MaxCached = 2048;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly BoundedCache<string, string> _topics;
    private readonly BoundedCache<ulong, string> _nodes;

    public NatsSubjects(string prefix, string cluster)
    {
        All = $"{prefix}.{cluster}.all";
        _topics = new(MaxCached, topic => $"{prefix}.{cluster}.g.{Escape(topic)}");
        _nodes = new(MaxCached, incarnation => $"{prefix}.{cluster}.n.{incarnation:x16}");
    }

    public string All { get; }

    public string OfTopic(string topic) => _topics.Get(topic);

    public string OfNode(ulong incarnation) => _nodes.Get(incarnation);

    /// <summary>Returns the token of a topic: letters, digits, '-', '_' and '~' as they are, each other byte of its UTF-8 as %
    /// and two digits. It has at most three characters for each byte.</summary>
    /// <exception cref="ArgumentException">The topic is empty, too long, or not valid text.</exception>
    internal static string Escape(string topic)
    {
        var length = 0;
        try
        {
            length = StrictUtf8.GetByteCount(topic);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException("The topic has half of a surrogate pair: it is not valid text.", nameof(topic), e);
        }

        if (length is 0 or > MaxTopicBytes)
        {
            throw new ArgumentException(
                $"The topic has {length} bytes of UTF-8: it needs 1 to {MaxTopicBytes}.", nameof(topic));
        }

        // The dot is the only character that has a meaning in subjects and none in URLs.
        return Uri.EscapeDataString(topic).Replace(".", "%2E", StringComparison.Ordinal);
    }

    /// <summary>Returns the topic of a token.</summary>
    internal static string Unescape(string token) => Uri.UnescapeDataString(token);
}
