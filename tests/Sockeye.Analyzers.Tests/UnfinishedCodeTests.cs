using Sockeye.Analyzers.Tests.Support;

namespace Sockeye.Analyzers.Tests;

/// <summary>An analyzer that throws, or does not return, would end the compiler, or the editor of a user who is typing.</summary>
public sealed class UnfinishedCodeTests
{
    private const string Program = """
        using System.Buffers;
        using Microsoft.AspNetCore.Connections;
        using Sockeye;
        using Sockeye.Linux;
        using Sockeye.Testing;

        var inline = new SocketTransportOptions { UnsafePreferInlineScheduling = true };
        var kept = new List<ReadOnlySequence<byte>>();
        await SockeyeServer.RunAsync(server =>
        {
            server.Transport = new LinuxTransport(new() { Sockets = inline });
            server.ListenAnyIP(1).Run(async connection =>
            {
                var (input, output) = (connection.Transport.Input, connection.Transport.Output);
                while (input.TryRead(out var result) || !(result = await input.ReadAsync()).IsCompleted)
                    Thread.Sleep(result.IsCanceled ? 1 : 2);
                _ = Task.Run(() => output.WriteAsync(new byte[1]));
            });
            server.ListenAnyIP(2).Run<Keeping>();
            server.ListenAnyIP(3).Run(Codec.FixedSize(8).WithoutCopying(), async peer =>
            {
                await foreach (var message in peer.ReadAllAsync())
                    kept.Add(message.Slice(1));
            });
            server.ListenAnyIP(4).Run(new Counting(), Codec.Lines(9), peer => Task.CompletedTask);
        });
        SimulatedNetwork.Run(1, async network => await Task.Delay(Random.Shared.Next()).ConfigureAwait(false));

        class Keeping : ConnectionHandler
        {
            private readonly List<ConnectionContext> _all = [];

            public override async Task OnConnectedAsync(ConnectionContext connection) => _all.Add(connection);
        }

        class Counting : IFrameDecoder<string>
        {
            private int _count;

            public bool TryDecode(ref ReadOnlySequence<byte> input, out string message) => (message = $"{++_count}") == "";
        }
        """;

    [Fact]
    public async Task Each_part_of_a_program_that_is_being_typed_is_analyzed()
    {
        for (var length = 1; length < Program.Length; length += 53)
            await Analysis.EditAsync(Program[..length]);
    }

    [Theory]
    [InlineData("var input = input; await input.ReadAsync(); await input.ReadAsync();")]
    [InlineData("System.IO.Pipelines.PipeReader input = input; while (true) await input.ReadAsync();")]
    [InlineData("var a = b.Transport; var b = a.Input; while (true) { await b.ReadAsync(); await a.Input.ReadAsync(); }")]
    [InlineData("var (a, b) = (b, a); while (true) await a.ReadAsync();")]
    [InlineData("await foreach (var message in peer.ReadAllAsync()) kept.Add(message);")]
    [InlineData("server.Transport = transport; var transport = transport; server.ListenAnyIP(1).Run(server);")]
    [InlineData("task.ConfigureAwait(); Task.Delay(); new Random(; Task.Run(;")]
    public Task Code_that_refers_to_itself_or_to_nothing_is_analyzed(string statements) => Analysis.EditAsync($$"""
        using Sockeye;

        await SockeyeServer.RunAsync(server => server.ListenAnyIP(1).Run(async connection => { {{statements}} }));
        Sockeye.Testing.SimulatedNetwork.Run(1, async network => { {{statements}} });
        """);
}
