using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>Writes the data of connections on standard error, as hex and text.</summary>
internal sealed class DumpWriter(ErrorLines errors)
{
    private const int BytesPerLine = 16;

    /// <summary>Replaces the pipes of a connection by those that are dumped.</summary>
    public void Attach(ConnectionContext connection)
    {
        var name = $"{connection.ConnectionId} {EndPointName.Format(connection.RemoteEndPoint)}";
        connection.Transport = new DumpedPipes(connection.Transport, new(this, name, "received"), new(this, name, "sent"));
    }

    /// <summary>Returns lines such as "00000010  68 65 6c 6c 6f 0a  |hello.|", in columns.</summary>
    internal static IEnumerable<string> Format(ReadOnlyMemory<byte> bytes, long offset)
    {
        for (var start = 0; start < bytes.Length; start += BytesPerLine)
        {
            var line = bytes.Slice(start, Math.Min(BytesPerLine, bytes.Length - start)).ToArray();
            var hex = string.Concat(line.Select((b, i) => (i == BytesPerLine / 2 ? "  " : " ") + b.ToString("x2", null)));
            var text = string.Concat(line.Select(b => b is >= 0x20 and < 0x7f ? (char)b : '.'));
            yield return string.Create(CultureInfo.InvariantCulture, $"{offset + start:x8} {hex,-49}  |{text}|");
        }
    }

    public void Write(string heading, ReadOnlySequence<byte> bytes, long offset)
    {
        var count = QuantityText.FormatCount(bytes.Length, "byte");
        errors.WriteLines([GetHead($"{heading} {count}"), .. Format(bytes.ToArray(), offset)]);
    }

    public void WriteEnd(string heading) => errors.WriteLines([GetHead($"{heading} FIN")]);

    private static string GetHead(string text) => string.Create(
        CultureInfo.InvariantCulture, $"{TimeProvider.System.GetLocalNow():HH:mm:ss.ffffff} {text}");
}

/// <summary>One direction of a connection: counts its bytes and writes them.</summary>
internal sealed class DumpDirection(DumpWriter writer, string name, string verb)
{
    private long _offset;
    private bool _isEnded;

    public void Write(ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        writer.Write($"{name} {verb}", bytes, _offset);
        _offset += bytes.Length;
    }

    public void End()
    {
        if (!_isEnded)
            writer.WriteEnd($"{name} {verb}");
        _isEnded = true;
    }
}
