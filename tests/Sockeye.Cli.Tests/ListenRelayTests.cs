using System.Text;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

public sealed class ListenRelayTests
{
    [Fact]
    public async Task Received_data_is_printed_and_standard_input_goes_to_all_clients()
    {
        await using var server = await ToolProcess.ListenAsync();
        using var one = await Peer.ConnectAsync(server.EndPoint);
        using var two = await Peer.ConnectAsync(server.EndPoint);
        await one.SendAsync("one");
        await ReadAsync(server.Output, "one");
        await two.SendAsync("two");
        await ReadAsync(server.Output, "two");

        await WriteAsync(server, "to all");

        Assert.Equal("to all", await one.ReadAsync(6));
        Assert.Equal("to all", await two.ReadAsync(6));
    }

    [Fact]
    public async Task End_of_standard_input_half_closes_the_clients_that_received_it_and_does_not_end_the_server()
    {
        await using var server = await ToolProcess.ListenAsync();
        using var client = await Peer.ConnectAsync(server.EndPoint);
        await WriteAsync(server, "all of it");
        server.Input.Close();

        Assert.Equal("all of it", await client.ReadToEndAsync());
        await client.SendAsync("still printed");
        await ReadAsync(server.Output, "still printed");

        using var later = await Peer.ConnectAsync(server.EndPoint);
        await later.SendAsync("later too");
        await ReadAsync(server.Output, "later too");
    }

    [Fact]
    public async Task Empty_standard_input_does_not_end_a_connection()
    {
        await using var server = await ToolProcess.ListenAsync();
        server.Input.Close();
        var bytes = new byte[2_000_000];
        new Random(3).NextBytes(bytes);
        var printed = ReadBytesAsync(server.Output, bytes.Length);

        var sent = await ToolProcess.RunAsync(["connect", server.EndPoints[0]], bytes);

        var got = await printed;
        Assert.Equal(0, sent.ExitCode);
        Assert.True(bytes.AsSpan().SequenceEqual(got));
    }

    [Fact]
    public async Task File_as_standard_input_is_sent_whole_to_a_client_that_has_ended_its_side()
    {
        var path = Path.Combine(Path.GetTempPath(), $"sockeye-cli-answer-{Environment.ProcessId}");
        var bytes = new byte[3_000_000];
        new Random(4).NextBytes(bytes);
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
        await using var server = await ToolProcess.ReadyAsync(
            ToolProcess.StartUnder($"exec \"$0\" \"$@\" < {path}", "listen", "127.0.0.1:0", "--once"));

        using var client = await Peer.ConnectAsync(server.EndPoint);
        await client.SendAsync("request");
        client.SendFin();

        var got = await client.ReadBytesToEndAsync();
        Assert.True(bytes.AsSpan().SequenceEqual(got));
        await ReadAsync(server.Output, "request");
        Assert.Equal(0, await server.ExitAsync());
        File.Delete(path);
    }

    [Fact]
    public async Task Closed_standard_output_ends_the_server()
    {
        await using var server = await ToolProcess.ReadyAsync(
            ToolProcess.StartUnder("\"$0\" \"$@\" | head -c 3; exit ${PIPESTATUS[0]}", "listen", "127.0.0.1:0"));
        using var client = await Peer.ConnectAsync(server.EndPoint);
        await client.SendAsync("abc");
        await ReadAsync(server.Output, "abc");

        // head has ended or is about to end; only a write after that detects it.
        var ended = client.EndsWithResetAsync();
        while (!ended.IsCompleted)
            await client.SendAsync("x");

        client.Dispose();
        Assert.Equal(0, await server.ExitAsync());
    }

    private static async Task WriteAsync(ToolProcess process, string text)
    {
        await process.Input.WriteAsync(Encoding.UTF8.GetBytes(text));
        await process.Input.FlushAsync();
    }

    private static async Task ReadAsync(Stream stream, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(await ReadBytesAsync(stream, expected.Length)));

    private static async Task<byte[]> ReadBytesAsync(Stream stream, int count)
    {
        var buffer = new byte[count];
        var reading = stream.ReadAtLeastAsync(buffer, count, throwOnEndOfStream: false).AsTask();
        return buffer[..await reading.WaitAsync(ToolProcess.DefaultTimeout)];
    }
}
