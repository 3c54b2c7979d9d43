using Sockeye.Analyzers.Tests.Support;

namespace Sockeye.Analyzers.Tests;

public sealed class BorrowedMessageAnalyzerTests
{
    [Theory]
    [InlineData("[|kept.Add(message)|];")]
    [InlineData("var part = message.Slice(1); [|kept.Add(part)|];")]
    [InlineData("[|firsts.Add(message.First)|];")]
    [InlineData("[|byId[1] = message|];")]
    [InlineData("[|many[0] = message|];")]
    [InlineData("[|pairs.Enqueue((1, message))|];")]
    [InlineData("[|queue.Writer.TryWrite(message)|];")]
    [InlineData("await [|queue.Writer.WriteAsync(message)|];")]
    [InlineData("[|Store.Last = message|];")]
    [InlineData("Console.WriteLine(last.Length); [|last = message|];")]
    [InlineData("_ = Task.Run([|() => Console.WriteLine(message.Length)|]);")]
    [InlineData("tasks.Add(Task.Run([|() => Console.WriteLine(message.Length)|]));")]
    [InlineData("_ = [|peer.WriteAsync(message)|];")]
    [InlineData("[|result.TrySetResult(message)|];")]
    public Task Message_that_is_kept_is_reported(string statements) => AssertAsync(statements);

    [Theory]
    [InlineData("copies.Add(message.ToArray());")]
    [InlineData("kept.Add(new ReadOnlySequence<byte>(message.ToArray()));")]
    [InlineData("await peer.WriteAsync(message);")]
    [InlineData("await Task.Run(() => Console.WriteLine(message.Length));")]
    [InlineData("var parts = new List<ReadOnlySequence<byte>>(); parts.Add(message.Slice(1)); Console.WriteLine(parts.Count);")]
    [InlineData("var copy = message; Console.WriteLine(copy.Length);")]
    [InlineData("last = message; Console.WriteLine(last.Length);")]
    [InlineData("last = message; break;")]
    [InlineData("lengths.Add(message.Length);")]
    [InlineData("group.Broadcast(message);")]
    public Task Message_that_is_copied_or_used_at_once_passes(string statements) => AssertAsync(statements);

    [Fact]
    public Task Message_that_is_read_after_the_loop_is_reported_unless_the_loop_was_left() => Analysis.AssertReportsAsync(
        RuleIds.BorrowedMessageKept,
        """
        using System.Buffers;
        using Sockeye;

        class Reader
        {
            public async Task<long> LastAsync(MessageConnection<ReadOnlySequence<byte>> peer)
            {
                ReadOnlySequence<byte> last = default;
                await foreach (var message in peer.ReadAllAsync())
                    [|last = message|];
                return last.Length;
            }

            public async Task<long> FirstAsync(MessageConnection<ReadOnlySequence<byte>> peer)
            {
                ReadOnlySequence<byte> first = default;
                await foreach (var message in peer.ReadAllAsync())
                {
                    first = message;
                    break;
                }

                return first.Length;
            }
        }
        """);

    [Fact]
    public Task List_of_all_messages_is_reported_if_they_are_borrowed() => Analysis.AssertReportsAsync(
        RuleIds.BorrowedMessageKept,
        """
        using System.Buffers;
        using Sockeye;

        class Reader
        {
            public async Task ReadAsync(MessageConnection<ReadOnlySequence<byte>> peer, MessageConnection<string> lines)
            {
                Console.WriteLine(await [|peer.ReadAllAsync().ToListAsync()|]);
                Console.WriteLine(await peer.ReadAllAsync().FirstAsync());
                Console.WriteLine(await peer.ReadAllAsync().Select(message => message.ToArray()).ToListAsync());
                Console.WriteLine(await lines.ReadAllAsync().ToListAsync());
            }
        }
        """);

    [Fact]
    public Task Message_that_owns_its_bytes_may_be_kept() => Analysis.AssertReportsAsync(
        RuleIds.BorrowedMessageKept,
        """
        using Sockeye;

        var kept = new List<ReadOnlyMemory<byte>>();
        await SockeyeServer.RunAsync(server => server.ListenAnyIP(1).Run(Codec.FixedSize(8), async peer =>
        {
            await foreach (var message in peer.ReadAllAsync())
                kept.Add(message);
        }));
        """);

    [Theory]
    [InlineData("kept.Add(message);", "kept.Add(new ReadOnlySequence<byte>(message.ToArray()));")]
    [InlineData("Store.Last = message.Slice(1);", "Store.Last = new ReadOnlySequence<byte>(message.Slice(1).ToArray());")]
    public Task Fix_keeps_a_copy(string before, string after) => Fixing.AssertFixesAsync(Program(before), Program(after));

    [Fact]
    public async Task Fix_adds_the_namespace_of_the_copy()
    {
        const string Before = """
            using Sockeye;

            class Reader
            {
                public async Task ReadAsync(MessageConnection<System.Buffers.ReadOnlySequence<byte>> peer)
                {
                    var kept = new List<System.Buffers.ReadOnlySequence<byte>>();
                    await foreach (var message in peer.ReadAllAsync())
                        kept.Add(message);
                }
            }
            """;

        var after = Before.Replace("kept.Add(message)", "kept.Add(new ReadOnlySequence<byte>(message.ToArray()))",
            StringComparison.Ordinal);
        await Fixing.AssertFixesAsync(Before, $"using System.Buffers;\n{after}");
    }

    private static Task AssertAsync(string statements) =>
        Analysis.AssertReportsAsync(RuleIds.BorrowedMessageKept, Program(statements));

    private static string Program(string statements) => $$"""
        using System.Buffers;
        using System.Threading.Channels;
        using Sockeye;

        var (kept, copies, firsts) = (new List<ReadOnlySequence<byte>>(), new List<byte[]>(), new List<ReadOnlyMemory<byte>>());
        var (byId, many) = (new Dictionary<int, ReadOnlySequence<byte>>(), new ReadOnlySequence<byte>[1]);
        var lengths = new List<long>();
        var (queue, tasks) = (Channel.CreateUnbounded<ReadOnlySequence<byte>>(), new List<Task>());
        var (pairs, group) = (new Queue<(int, ReadOnlySequence<byte>)>(), new MessageGroup<ReadOnlySequence<byte>>());
        var result = new TaskCompletionSource<ReadOnlySequence<byte>>();
        await SockeyeServer.RunAsync(server => server
            .ListenAnyIP(1)
            .Run(Codec.LengthPrefixed(maxLength: 64).WithoutCopying(), async peer =>
            {
                ReadOnlySequence<byte> last = default;
                await foreach (var message in peer.ReadAllAsync())
                {
                    {{statements}}
                }
            }));

        static class Store
        {
            public static ReadOnlySequence<byte> Last;
        }
        """;
}
