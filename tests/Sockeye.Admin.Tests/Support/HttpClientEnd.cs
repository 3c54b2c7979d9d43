using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Admin.Tests.Support;

/// <summary>A client that writes what it likes, and reads answers.</summary>
internal sealed class HttpClientEnd(ConnectionContext connection) : IAsyncDisposable
{
    public async Task WriteAsync(string text) =>
        await connection.Transport.Output.WriteAsync(Encoding.Latin1.GetBytes(text), CancellationToken.None);

    /// <summary>Goes on although the server does not take it, or has reset the connection.</summary>
    public Task TryWriteAsync(string text)
    {
        var writing = connection.Transport.Output.WriteAsync(Encoding.Latin1.GetBytes(text), CancellationToken.None).AsTask();
        return Task.WhenAny(writing, Task.CompletedTask);
    }

    public async Task EndAsync() => await connection.Transport.Output.CompleteAsync();

    /// <summary>One answer, by its Content-Length; with none, all there is until the end.</summary>
    public async Task<HttpAnswer> ReadAsync(bool isHead = false)
    {
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync(CancellationToken.None);
            var text = Encoding.UTF8.GetString(read.Buffer.ToArray());
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
            if (end >= 4)
            {
                var answer = HttpAnswer.Parse(text[..end]);
                var length = isHead ? 0 : int.Parse(answer.Headers["content-length"], CultureInfo.InvariantCulture);
                if (read.Buffer.Length >= end + length)
                {
                    var whole = read.Buffer.Slice(0, end + length);
                    var body = whole.Slice(end).ToArray();
                    connection.Transport.Input.AdvanceTo(whole.End);
                    return answer with { Body = body };
                }
            }

            Assert.False(read.IsCompleted, $"The connection ended after: {text}");
            connection.Transport.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Whether the server ended it, without another byte.</summary>
    public async Task<bool> IsEndedAsync()
    {
        var read = await connection.Transport.Input.ReadAsync(CancellationToken.None);
        return read is { IsCompleted: true, Buffer.IsEmpty: true };
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}

internal sealed record HttpAnswer(int Status, IReadOnlyDictionary<string, string> Headers)
{
    public byte[] Body { get; init; } = [];

    public string Text => Encoding.UTF8.GetString(Body);

    public static HttpAnswer Parse(string head)
    {
        var lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        return new(
            int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture),
            lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(
                header => header[0].ToLowerInvariant(), header => header[1], StringComparer.Ordinal));
    }
}
