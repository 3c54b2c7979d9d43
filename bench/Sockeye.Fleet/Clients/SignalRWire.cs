using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using MessagePack;
using Microsoft.AspNetCore.Connections;
using Sockeye.Fleet.Nodes;

namespace Sockeye.Fleet.Clients;

/// <summary>The protocols of SignalR on a WebSocket (RFC 6455), without negotiation.</summary>
/// <param name="messagePack">MessagePack instead of JSON.</param>
internal sealed class SignalRWire(bool messagePack) : IWire
{
    private const byte Final = 0x80;
    private const byte Text = 1;
    private const byte Binary = 2;
    private const byte Masked = 0x80;
    private const byte Length16 = 126;
    private const char End = '\x1e';

    /// <summary>A client has to mask what it sends; the mask of zeros changes nothing.</summary>
    private static readonly byte[] Mask = new byte[4];

    public async Task GreetAsync(ConnectionContext connection, string group, string user, CancellationToken cancellationToken)
    {
        var output = connection.Transport.Output;
        output.Write(Encoding.ASCII.GetBytes(
            $"GET {SignalRNode.Path}?group={group}&user={user} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"));
        await output.FlushAsync(cancellationToken);
        var head = await ReadThroughAsync(connection.Transport.Input, "\r\n\r\n"u8.ToArray(), cancellationToken);
        if (!head.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal))
            throw new InvalidDataException($"The server did not upgrade: {head.Split('\r')[0]}");

        WriteFrame(output, Encoding.ASCII.GetBytes(
            $$"""{"protocol":"{{(messagePack ? "messagepack" : "json")}}","version":1}{{End}}"""));
        await output.FlushAsync(cancellationToken);
        var answer = await ReadThroughAsync(connection.Transport.Input, [(byte)End], cancellationToken);
        if (!answer.EndsWith($"{{}}{End}", StringComparison.Ordinal))
            throw new InvalidDataException($"The hub refused the handshake: {answer}");
    }

    public void WriteSay(IBufferWriter<byte> output, string text) => WriteFrame(output, CreateCall("Say", null, text));

    public void WriteAddressed(IBufferWriter<byte> output, string user, string text) =>
        WriteFrame(output, CreateCall("Address", user, text));

    private static async Task<string> ReadThroughAsync(PipeReader input, byte[] end, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            if (Find(read.Buffer, end) is { } found)
            {
                var text = Encoding.Latin1.GetString(read.Buffer.Slice(0, found));
                input.AdvanceTo(found);
                return text;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
                throw new EndOfStreamException("The server closed the connection during the handshake.");
        }
    }

    private static SequencePosition? Find(ReadOnlySequence<byte> bytes, byte[] end)
    {
        var reader = new SequenceReader<byte>(bytes);
        return reader.TryReadTo(out ReadOnlySequence<byte> _, end) ? reader.Position : null;
    }

    private byte[] CreateCall(string method, string? user, string text) =>
        messagePack ? CreateMessagePack(method, user, text) : CreateJson(method, user, text);

    private static byte[] CreateJson(string method, string? user, string text)
    {
        var line = JsonSerializer.Serialize(new(SockeyeWire.Author, text), ChatJson.Default.ChatLine);
        var arguments = user is null ? line : $"\"{user}\",{line}";
        return Encoding.UTF8.GetBytes($$"""{"type":1,"target":"{{method}}","arguments":[{{arguments}}]}{{End}}""");
    }

    private static byte[] CreateMessagePack(string method, string? user, string text)
    {
        var message = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(message);
        writer.WriteArrayHeader(6);
        writer.Write(1);
        writer.WriteMapHeader(0);
        writer.WriteNil();
        writer.Write(method);
        writer.WriteArrayHeader(user is null ? 1 : 2);
        if (user is not null)
            writer.Write(user);
        writer.WriteMapHeader(2);
        writer.Write(nameof(ChatLine.From));
        writer.Write(SockeyeWire.Author);
        writer.Write(nameof(ChatLine.Text));
        writer.Write(text);
        writer.WriteArrayHeader(0);
        writer.Flush();

        var output = new ArrayBufferWriter<byte>();
        // The length as a varint.
        var length = message.WrittenCount;
        do
        {
            output.Write<byte>([(byte)((length & 0x7f) | (length > 0x7f ? 0x80 : 0))]);
            length >>= 7;
        }
        while (length > 0);
        output.Write(message.WrittenSpan);
        return output.WrittenSpan.ToArray();
    }

    private void WriteFrame(IBufferWriter<byte> output, ReadOnlySpan<byte> payload)
    {
        output.Write<byte>([(byte)(Final | (messagePack ? Binary : Text))]);
        if (payload.Length < Length16)
        {
            output.Write<byte>([(byte)(Masked | payload.Length)]);
        }
        else
        {
            output.Write<byte>([Masked | Length16]);
            BinaryPrimitives.WriteUInt16BigEndian(output.GetSpan(sizeof(ushort)), checked((ushort)payload.Length));
            output.Advance(sizeof(ushort));
        }

        output.Write(Mask);
        output.Write(payload);
    }
}
