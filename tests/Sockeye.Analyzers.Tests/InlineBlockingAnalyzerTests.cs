using Sockeye.Analyzers.Tests.Support;

namespace Sockeye.Analyzers.Tests;

public sealed class InlineBlockingAnalyzerTests
{
    [Theory]
    [InlineData("[|Thread.Sleep(1)|];")]
    [InlineData("[|Task.Delay(1).Wait()|];")]
    [InlineData("[|connection.Transport.Output.FlushAsync().AsTask().Wait(100)|];")]
    [InlineData("var n = [|Task.FromResult(1).Result|];")]
    [InlineData("[|connection.Transport.Output.CompleteAsync().GetAwaiter().GetResult()|];")]
    [InlineData("[|Task.WaitAll(Task.CompletedTask)|];")]
    [InlineData("using var done = new ManualResetEvent(false); [|done.WaitOne()|];")]
    [InlineData("using var done = new ManualResetEventSlim(); [|done.Wait()|];")]
    [InlineData("using var one = new SemaphoreSlim(1); [|one.Wait(50)|];")]
    [InlineData("[|Console.ReadLine()|];")]
    [InlineData("var text = [|File.ReadAllText(\"a\")|];")]
    [InlineData("using var file = File.OpenRead(\"a\"); [|file.ReadByte()|];")]
    [InlineData("""
        using var socket = new System.Net.Sockets.Socket(default, default);
        [|socket.Receive(new byte[1])|];
        """)]
    [InlineData("Helper(); void Helper() => [|Thread.Sleep(1)|];")]
    [InlineData("await connection.Transport.Input.ReadAsync(); [|Thread.Sleep(1)|];")]
    public Task Blocking_call_is_reported(string statements) => AssertAsync(statements);

    [Theory]
    [InlineData("await Task.Delay(1); Thread.Sleep(1);")]
    [InlineData("await Task.Run(() => Thread.Sleep(1)).ConfigureAwait(false); Thread.Sleep(1);")]
    [InlineData("var task = Task.FromResult(1); await task; var n = task.Result;")]
    [InlineData("var task = Task.FromResult(1); if (task.IsCompleted) Console.WriteLine(task.Result);")]
    [InlineData("using var one = new SemaphoreSlim(1); var isFree = one.Wait(0);")]
    [InlineData("using var done = new ManualResetEvent(false); var isSet = done.WaitOne(TimeSpan.Zero);")]
    [InlineData("var bytes = new MemoryStream(); bytes.WriteByte(1);")]
    [InlineData("await File.ReadAllTextAsync(\"a\");")]
    public Task Call_that_does_not_block_the_thread_passes(string statements) => AssertAsync(statements);

    [Theory]
    [InlineData("new LinuxTransport(new() { Sockets = new() { UnsafePreferInlineScheduling = true } })", true)]
    [InlineData("new LinuxTransport(new() { Sockets = { UnsafePreferInlineScheduling = true } })", true)]
    [InlineData("new SocketTransport(new() { UnsafePreferInlineScheduling = true })", true)]
    [InlineData("new SocketTransport(new() { UnsafePreferInlineScheduling = false })", false)]
    [InlineData("new SocketTransport(new() { UnsafePreferInlineScheduling = args.Length > 0 })", false)]
    [InlineData("new LinuxTransport()", false)]
    [InlineData("transport", true)]
    [InlineData("new SocketTransport(sockets)", true)]
    [InlineData("new SocketTransport(others)", false)]
    public Task Handler_is_inline_if_the_options_of_its_transport_say_so(string transport, bool isInline)
    {
        var sleep = isInline ? "[|Thread.Sleep(1)|]" : "Thread.Sleep(1)";
        return Analysis.AssertReportsAsync(RuleIds.BlockingInlineHandler, $$"""
            using Sockeye;
            using Sockeye.Linux;

            var inline = new SocketTransportOptions { UnsafePreferInlineScheduling = true };
            var transport = new LinuxTransport(new LinuxTransportOptions { Sockets = inline });
            var (others, sockets) = (new SocketTransportOptions(), new SocketTransportOptions());
            sockets.UnsafePreferInlineScheduling = true;
            await SockeyeServer.RunAsync(server =>
            {
                server.Transport = {{transport}};
                server.ListenAnyIP(1).UseConnectionLimit(5).Run(Codec.Lines(9), async peer => {{sleep}});
            });
            """);
    }

    [Fact]
    public Task Only_handlers_of_the_inline_server_are_reported() => Analysis.AssertReportsAsync(
        RuleIds.BlockingInlineHandler,
        """
        using Microsoft.AspNetCore.Connections;
        using Sockeye;

        var inline = new SockeyeServerOptions { Transport = new SocketTransport(new() { UnsafePreferInlineScheduling = true }) };
        var listen = inline.ListenAnyIP(1);
        listen.Use(async (connection, next) =>
        {
            [|Thread.Sleep(1)|];
            await next(connection);
        }).Run(Serve);
        var other = new SockeyeServerOptions();
        other.ListenAnyIP(2).Run(async connection => Thread.Sleep(3));

        static async Task Serve(ConnectionContext connection) => [|Thread.Sleep(2)|];
        """);

    [Fact]
    public Task Handler_class_of_the_inline_server_is_reported() => Analysis.AssertReportsAsync(
        RuleIds.BlockingInlineHandler,
        """
        using Microsoft.AspNetCore.Connections;
        using Sockeye;

        await SockeyeServer.RunAsync(server =>
        {
            server.Transport = new SocketTransport(new() { UnsafePreferInlineScheduling = true });
            server.ListenAnyIP(1).Run<Blocking>();
        });
        await SockeyeServer.RunAsync(server => server.ListenAnyIP(1).Run<BesideTheEngine>());

        class Blocking : ConnectionHandler
        {
            public override async Task OnConnectedAsync(ConnectionContext connection) => [|Thread.Sleep(1)|];
        }

        class BesideTheEngine : ConnectionHandler
        {
            public override async Task OnConnectedAsync(ConnectionContext connection) => Thread.Sleep(1);
        }
        """);

    [Theory]
    [InlineData("Thread.Sleep(10);", "await Task.Delay(10);")]
    [InlineData("connection.Transport.Output.WriteAsync(new byte[1]).AsTask().Wait();",
        "await connection.Transport.Output.WriteAsync(new byte[1]).AsTask();")]
    [InlineData("var read = connection.Transport.Input.ReadAsync().GetAwaiter().GetResult();",
        "var read = await connection.Transport.Input.ReadAsync();")]
    [InlineData("var text = Task.FromResult(1).Result.ToString();", "var text = (await Task.FromResult(1)).ToString();")]
    public Task Fix_awaits(string before, string after) => Fixing.AssertFixesAsync(Program(before), Program(after));

    private static Task AssertAsync(string statements) =>
        Analysis.AssertReportsAsync(RuleIds.BlockingInlineHandler, Program(statements));

    private static string Program(string statements) => $$"""
        using Sockeye;
        using Sockeye.Linux;

        await SockeyeServer.RunAsync(server =>
        {
            server.Transport = new LinuxTransport(new() { Sockets = new() { UnsafePreferInlineScheduling = true } });
            server.ListenAnyIP(1).Run(async connection =>
            {
                {{statements}}
            });
        });
        """;
}
