using Sockeye.Analyzers.Tests.Support;

namespace Sockeye.Analyzers.Tests;

public sealed class PipeAdvanceAnalyzerTests
{
    [Fact]
    public Task Loop_that_never_advances_is_reported() => AssertAsync("""
        while (true)
        {
            var result = await [|input.ReadAsync()|];
            if (result.IsCompleted)
                break;
        }
        """);

    [Fact]
    public Task Step_of_a_loop_that_does_not_advance_is_reported() => AssertAsync("""
        while (true)
        {
            var result = await [|input.ReadAsync()|].ConfigureAwait(false);
            if (result.Buffer.Length < 4)
                continue;
            if (result.IsCompleted)
                break;
            input.AdvanceTo(result.Buffer.End);
        }
        """);

    [Fact]
    public Task Two_reads_in_a_row_are_reported_at_the_first() => AssertAsync("""
        var first = await [|input.ReadAtLeastAsync(4)|];
        var second = await input.ReadAsync();
        input.AdvanceTo(second.Buffer.End);
        """);

    [Fact]
    public Task Loop_of_TryRead_that_never_advances_is_reported() => AssertAsync("""
        while ([|input.TryRead(out var result)|])
            Console.WriteLine(result.Buffer.Length);
        """);

    [Fact]
    public Task Reader_is_followed_through_variables_and_members() => AssertAsync("""
        var (reader, writer) = (connection.Transport.Input, connection.Transport.Output);
        var same = reader;
        for (var i = 0; i < 2; i++)
        {
            var result = await [|connection.Transport.Input.ReadAsync()|];
            await writer.WriteAsync(new byte[1]);
            if (i > 5)
                same.AdvanceTo(result.Buffer.End);
        }
        """);

    [Fact]
    public Task Loop_in_a_lambda_and_in_a_local_function_is_reported() => AssertAsync("""
        Func<System.IO.Pipelines.PipeReader, Task> one = async reader =>
        {
            while (!(await [|reader.ReadAsync()|]).IsCompleted)
            {
            }
        };
        await RunAsync(input);
        await one(input);

        static async Task RunAsync(System.IO.Pipelines.PipeReader reader)
        {
            while (!(await [|reader.ReadAsync()|]).IsCompleted)
            {
            }
        }
        """);

    [Theory]
    [InlineData("""
        while (true)
        {
            var result = await input.ReadAsync();
            var buffer = result.Buffer;
            if (buffer.Length > 4)
            {
                input.AdvanceTo(buffer.GetPosition(4));
                continue;
            }

            if (result.IsCompleted)
                break;
            input.AdvanceTo(buffer.Start, buffer.End);
        }
        """)]
    [InlineData("""
        while (true)
        {
            var result = await input.ReadAsync();
            try
            {
                if (result.Buffer.IsEmpty)
                    continue;
            }
            finally
            {
                input.AdvanceTo(result.Buffer.End);
            }
        }
        """)]
    [InlineData("""
        var isOver = false;
        while (!isOver)
        {
            var result = await input.ReadAsync();
            isOver = result.IsCompleted;
            if (!isOver)
                input.AdvanceTo(result.Buffer.End);
        }
        """)]
    [InlineData("""
        for (;;)
        {
            var isAdvanced = false;
            var result = await input.ReadAsync();
            if (result.Buffer.Length > 10)
            {
                input.AdvanceTo(result.Buffer.End);
                isAdvanced = true;
            }

            if (!isAdvanced)
                input.AdvanceTo(result.Buffer.Start);
        }
        """)]
    [InlineData("""
        while (true)
        {
            if (!input.TryRead(out var result))
            {
                await Task.Yield();
                continue;
            }

            input.AdvanceTo(result.Buffer.End);
        }
        """)]
    [InlineData("""
        while (true)
        {
            var result = await input.ReadAsync();
            if (result.IsCanceled)
                continue;
            if (result.IsCompleted)
                return;
            input.AdvanceTo(result.Buffer.End);
        }
        """)]
    [InlineData("""
        while (true)
        {
            var result = await input.ReadAsync();
            var needsMore = !result.IsCompleted;
            input.AdvanceTo(result.Buffer.Start, needsMore ? result.Buffer.End : result.Buffer.Start);
            if (!needsMore)
                break;
        }
        """)]
    [InlineData("""
        while (true)
        {
            var client = await Other.ConnectAsync();
            await client.Transport.Input.ReadAsync();
        }
        """)]
    [InlineData("""
        await foreach (var client in Other.ConnectManyAsync())
            await client.Transport.Input.ReadAsync();
        """)]
    [InlineData("var result = await input.ReadAsync(); Console.WriteLine(result.IsCompleted);")]
    [InlineData("var result = await input.ReadAsync(); await input.CompleteAsync(); await input.ReadAsync();")]
    [InlineData("await input.CopyToAsync(connection.Transport.Output);")]
    public Task Loop_that_advances_on_every_path_passes(string statements) => AssertAsync(statements);

    [Theory]
    [InlineData("while (true) { Consume(input, (await input.ReadAsync()).Buffer); }")]
    [InlineData("while (true) { var result = await input.ReadAsync(); await AdvanceAsync(connection, result.Buffer); }")]
    [InlineData("while (true) { var result = await input.ReadAsync(); Advance(); void Advance() => input.AdvanceTo(default); }")]
    [InlineData("var stream = input.AsStream(); while (true) { await input.ReadAsync(); }")]
    [InlineData("Other.Input = input; while (true) { await input.ReadAsync(); }")]
    [InlineData("var reader = input; reader = Other.Input; while (true) { await reader.ReadAsync(); }")]
    public Task Reader_that_other_code_may_advance_passes(string statements) => AssertAsync(statements);

    [Fact]
    public async Task Fix_advances_past_all_that_was_read()
    {
        var before = Program("""
            while (true)
            {
                var result = await input.ReadAsync();
                if (result.IsCompleted)
                    break;
            }
            """);

        await Fixing.AssertFixesAsync(before, Program("""
            while (true)
            {
                var result = await input.ReadAsync();
                if (result.IsCompleted)
                    break;
                input.AdvanceTo(result.Buffer.End);
            }
            """));
    }

    [Fact]
    public async Task Fix_advances_to_the_rest_of_a_buffer_that_is_sliced()
    {
        var before = Program("""
            while (true)
            {
                var result = await input.ReadAsync();
                var buffer = result.Buffer;
                buffer = buffer.Slice(1);
                if (result.IsCompleted)
                    break;
            }
            """);

        await Fixing.AssertFixesAsync(before, Program("""
            while (true)
            {
                var result = await input.ReadAsync();
                var buffer = result.Buffer;
                buffer = buffer.Slice(1);
                if (result.IsCompleted)
                    break;
                input.AdvanceTo(buffer.Start, buffer.End);
            }
            """));
    }

    [Fact]
    public async Task No_fix_is_offered_where_one_path_advances() => Assert.Null(await Fixing.FixAsync(Program("""
        while (true)
        {
            var result = await input.ReadAsync();
            if (result.IsCompleted)
                continue;
            input.AdvanceTo(result.Buffer.End);
        }
        """)));

    private static Task AssertAsync(string statements) =>
        Analysis.AssertReportsAsync(RuleIds.PipeNotAdvanced, Program(statements));

    private static string Program(string statements) => $$"""
        using System.Buffers;
        using System.IO.Pipelines;
        using Microsoft.AspNetCore.Connections;

        class Echo : ConnectionHandler
        {
            public override async Task OnConnectedAsync(ConnectionContext connection)
            {
                var input = connection.Transport.Input;
                {{statements.ReplaceLineEndings("\n        ")}}
            }

            static void Consume(PipeReader reader, ReadOnlySequence<byte> buffer) => reader.AdvanceTo(buffer.End);
            static Task AdvanceAsync(ConnectionContext connection, ReadOnlySequence<byte> buffer) => Task.CompletedTask;
        }

        static class Other
        {
            public static PipeReader Input { get; set; } = null!;
            public static Task<ConnectionContext> ConnectAsync() => null!;
            public static IAsyncEnumerable<ConnectionContext> ConnectManyAsync() => null!;
        }
        """;
}
