using System.Net;

namespace Sockeye.Cli;

/// <summary><c>--chat</c>: sends each line of a client to all other clients, with the address of the sender before it.</summary>
internal sealed class ChatMode
{
    public const int MaxLineLength = 4096;
    public const int QueueLimit = 1024;

    // The address in front of a line makes it longer than the maximum of an inbound line.
    private const int MaxPrefixLength = 256;

    private readonly Codec<string> _inbound = Codec.Lines(MaxLineLength);
    private readonly Codec<string> _outbound = Codec.Lines(MaxLineLength + MaxPrefixLength);
    private readonly MessageGroup<string> _room = new(new MessageGroupOptions { MaxQueuedMessages = QueueLimit });

    public void Serve(ListenOptions listen) => listen.Run(_inbound, _outbound, RunAsync);

    private async Task RunAsync(MessageConnection<string, string> member)
    {
        // The clients of a Unix socket have no address that identifies them.
        var name = member.RemoteEndPoint is IPEndPoint ip ? $"{ip}" : member.Connection.ConnectionId;
        _room.Join(member);
        await foreach (var line in member.ReadAllAsync())
            _room.Broadcast($"{name}: {line}", except: member);
    }
}
