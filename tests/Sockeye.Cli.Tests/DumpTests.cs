using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary><c>--dump</c> of both commands.</summary>
public sealed class DumpTests
{
    private const string Time = @"^\d\d:\d\d:\d\d\.\d{6} ";

    [Fact]
    public async Task Both_directions_are_dumped_on_standard_error_in_order()
    {
        await using var server = await ToolProcess.ListenAsync("--echo", "--dump");

        var client = await ToolProcess.RunAsync(["connect", server.EndPoints[0], "--dump"], "hello, dump of 20 by"u8.ToArray());

        Assert.Equal("hello, dump of 20 by", client.Text);
        string[] hex =
        [
            "00000000  68 65 6c 6c 6f 2c 20 64  75 6d 70 20 6f 66 20 32  |hello, dump of 2|",
            "00000010  30 20 62 79                                       |0 by|",
        ];
        Assert.Matches(Time + @"\S+ 127\.0\.0\.1:\d+ sent 20 bytes$", client.Errors[0]);
        Assert.Equal(hex, client.Errors.Skip(1).Take(2));
        Assert.Equal(hex, client.Errors.Where(line => line.StartsWith('0') && line.EndsWith('|')).TakeLast(2));
        Assert.Contains(client.Errors, line => line.EndsWith(" received FIN", StringComparison.Ordinal));
        Assert.Equal(0, await server.StopAsync());
        Assert.Equal(2, server.SeenErrors.Count(line => line == hex[0]));
    }

    [Fact]
    public async Task Data_of_tls_is_dumped_in_clear_text()
    {
        await using var server = await ToolProcess.ListenAsync("--echo", "--tls", "self-signed", "--dump");
        var pin = (await server.WaitForErrorAsync("fingerprint: ")).Split(' ')[1];

        var client = await ToolProcess.RunAsync(["connect", server.EndPoints[0], "--pin", pin], "secret"u8.ToArray());

        Assert.Equal((0, "secret"), (client.ExitCode, client.Text));
        await server.WaitForErrorAsync("|secret|");
    }

    [Fact]
    public void Lines_continue_at_the_offset() =>
        Assert.Equal(
            ["00001000  41                                                |A|"], DumpWriter.Format("A"u8.ToArray(), 4096));

    [Fact]
    public async Task One_megabyte_is_not_changed_by_the_dump()
    {
        var bytes = new byte[1_000_000];
        new Random(9).NextBytes(bytes);
        await using var server = await ToolProcess.ListenAsync("--echo", "--dump");

        var result = await ToolProcess.RunAsync(["connect", server.EndPoints[0], "--dump"], bytes);

        Assert.Equal(0, result.ExitCode);
        Assert.True(bytes.AsSpan().SequenceEqual(result.Output));
    }
}
