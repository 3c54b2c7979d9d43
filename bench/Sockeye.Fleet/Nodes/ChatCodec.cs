namespace Sockeye.Fleet.Nodes;

/// <summary>
/// <code>
///  length: 4 bytes, big-endian  { "from": …, "text": … }
/// </code>
/// </summary>
internal static class ChatCodec
{
    private const int MaxLine = 4096;

    public static readonly Codec<ChatLine> Instance = Codec.LengthPrefixed(ChatJson.Default.ChatLine, MaxLine);
}
