using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Sockeye.Fleet.Nodes;

namespace Sockeye.Fleet.Clients;

/// <summary>JSON with a length prefix, on TCP.</summary>
internal sealed class SockeyeWire : IWire
{
    public const string Author = "member";

    public async Task GreetAsync(ConnectionContext connection, string group, string user, CancellationToken cancellationToken)
    {
        ChatCodec.Instance.Encode(new(user, group, To: ""), connection.Transport.Output);
        await connection.Transport.Output.FlushAsync(cancellationToken);
    }

    public void WriteSay(IBufferWriter<byte> output, string text) => ChatCodec.Instance.Encode(new(Author, text), output);

    public void WriteAddressed(IBufferWriter<byte> output, string user, string text) =>
        ChatCodec.Instance.Encode(new(Author, text, user), output);
}
