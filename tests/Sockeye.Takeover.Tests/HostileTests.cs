using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;
using Microsoft.Win32.SafeHandles;
using Sockeye.Takeover.Tests.Support;

namespace Sockeye.Takeover.Tests;

/// <summary>Strangers, garbage and foreign files at the socket of takeovers: they are refused, and leave nothing
/// behind.</summary>
[Collection("descriptors"), UnsupportedOSPlatform("windows")]
public sealed class HostileTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "a frame of 542393671 bytes was announced")]
    [InlineData("\u0002\0\0\0\u0063\0", "a frame has the unknown kind 99")]
    [InlineData("\u0002\0\0\0\u0001\0", "a frame is shorter than its fields")]
    [InlineData("\u0003\0\0\0\u0002\0\0", "a frame Ask has bytes behind its end")]
    [InlineData("\u0002\0\0\0\u0002\u0001", "a frame came with 0 descriptors and announced 1")]
    [InlineData("\u0002\0\0\0\u0004\0", "sent Accepting where Hello has to come")]
    public async Task Garbage_is_refused_with_a_sentence_and_the_server_continues(string text, string reason)
    {
        await using var world = new TakeoverWorld();
        var server = await world.StartAsync("sockets");
        var descriptors = await DescriptorWatch.StartAsync(world.Folder);
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(world.Path), Cancelled);
            await socket.SendAsync(Encoding.Latin1.GetBytes(text), Cancelled);
            await TestWait.UntilAsync(() => world.Log.WithId(1375).Any());
        }

        Assert.Contains(reason, Assert.Single(world.Log.WithId(1375)).Message, StringComparison.Ordinal);
        await TakeoverWorld.EchoOnceAsync(server.EndPoints[0]);
        await descriptors.AllCloseAsync();
    }

    [Fact]
    public async Task Descriptors_that_nothing_asked_for_are_closed()
    {
        await using var world = new TakeoverWorld();
        await world.StartAsync("sockets");
        var descriptors = await DescriptorWatch.StartAsync(world.Folder);
        using var file = OpenFile(world);
        await using (var channel = await world.ConnectAsync())
        {
            await channel.SendAsync(new TakeoverMessage.Listeners(
                [.. Enumerable.Range(0, 253).Select(i => new HandedListener("x", i, 0, false, file))], IsLast: true));
            var refusal = Assert.IsType<TakeoverMessage.Refusal>(await channel.ReceiveAsync().WaitAsync(Cancelled));
            Assert.Equal("The successor sent Listeners where Hello has to come.", refusal.Reason);
        }

        file.Dispose();
        await descriptors.AllCloseAsync();
    }

    [Fact]
    public async Task Version_from_the_future_is_refused_with_the_way_out()
    {
        await using var world = new TakeoverWorld();
        await world.StartAsync("sockets");
        await using var channel = await world.ConnectAsync();
        await channel.SendAsync(new TakeoverMessage.Hello(7, 1));
        var refusal = Assert.IsType<TakeoverMessage.Refusal>(await channel.ReceiveAsync().WaitAsync(Cancelled));
        Assert.StartsWith("The successor speaks version 7 of the takeover", refusal.Reason, StringComparison.Ordinal);
        Assert.EndsWith("Stop the predecessor, then start the successor.", refusal.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Second_takeover_at_a_time_is_refused_with_a_sentence()
    {
        await using var world = new TakeoverWorld();
        await world.StartAsync("sockets");
        await using var first = await world.ConnectAsync();
        await first.SendAsync(new TakeoverMessage.Hello(TakeoverFormat.Version, 1));
        Assert.IsType<TakeoverMessage.Hello>(await first.ReceiveAsync().WaitAsync(Cancelled));

        var error = await Assert.ThrowsAsync<IOException>(() => world.StartAsync("sockets"));
        Assert.Contains("Another process takes over at this moment.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Successor_that_is_silent_is_given_up_after_the_timeout()
    {
        await using var world = new TakeoverWorld();
        var time = new FakeTimeProvider();
        var options = world.CreateOptions("sockets").UseTakeover(world.Path);
        options.TimeProvider = time;
        var server = await world.StartAsync(options);
        await using var channel = await world.ConnectAsync();
        await channel.SendAsync(new TakeoverMessage.Hello(TakeoverFormat.Version, 1));
        Assert.IsType<TakeoverMessage.Hello>(await channel.ReceiveAsync().WaitAsync(Cancelled));

        time.Advance(TimeSpan.FromSeconds(10));

        var refusal = Assert.IsType<TakeoverMessage.Refusal>(await channel.ReceiveAsync().WaitAsync(Cancelled));
        Assert.Equal("The successor was silent for 10 s.", refusal.Reason);
        await TakeoverWorld.EchoOnceAsync(server.EndPoints[0]);
    }

    [Fact]
    public async Task Descriptor_that_is_no_listening_socket_ends_the_start_with_a_sentence()
    {
        await using var world = new TakeoverWorld();
        var descriptors = await DescriptorWatch.StartAsync(world.Folder);
        using (var listening = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            listening.Bind(new UnixDomainSocketEndPoint(world.Path));
            listening.Listen();
            var starting = world.StartAsync("sockets");
            await using var channel = new UnixTakeoverChannel(await listening.AcceptAsync(Cancelled), TimeProvider.System);
            Assert.IsType<TakeoverMessage.Hello>(await channel.ReceiveAsync().WaitAsync(Cancelled));
            await channel.SendAsync(new TakeoverMessage.Hello(TakeoverFormat.Version, 1));
            Assert.IsType<TakeoverMessage.Ask>(await channel.ReceiveAsync().WaitAsync(Cancelled));
            using var file = OpenFile(world);
            await channel.SendAsync(new TakeoverMessage.Listeners([new("x", 0, 0, false, file)], IsLast: true));

            var error = await Assert.ThrowsAsync<IOException>(() => starting);
            Assert.Contains("it is not a socket", error.Message, StringComparison.Ordinal);
            var refusal = Assert.IsType<TakeoverMessage.Refusal>(await channel.ReceiveAsync().WaitAsync(Cancelled));
            Assert.Contains("it is not a socket", refusal.Reason, StringComparison.Ordinal);
        }

        await descriptors.AllCloseAsync();
    }

    [Fact]
    public async Task Process_of_another_user_is_refused_by_the_file_and_by_its_credentials()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can start a process of another user.");
        await using var world = new TakeoverWorld();
        var server = await world.StartAsync("sockets");
        File.SetUnixFileMode(world.Folder, File.GetUnixFileMode(world.Folder) | UnixFileMode.OtherExecute);
        Assert.Contains("Permission denied", await ConnectAsStrangerAsync(world.Path), StringComparison.Ordinal);

        // As if the mode of the socket were lost.
        File.SetUnixFileMode(world.Path, File.GetUnixFileMode(world.Path) | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
        Assert.Contains(
            "hands over to the same user only, not to the user 65534.", await ConnectAsStrangerAsync(world.Path),
            StringComparison.Ordinal);

        Assert.Single(world.Log.WithId(1376));
        Assert.Equal(TakeoverOutcome.Refused, Assert.Single(server.Takeovers).Outcome);
        await TakeoverWorld.EchoOnceAsync(server.EndPoints[0]);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    public async Task Folder_that_others_can_write_is_refused_with_the_way_out(UnixFileMode others)
    {
        await using var world = new TakeoverWorld();
        File.SetUnixFileMode(world.Folder, File.GetUnixFileMode(world.Folder) | others);
        var error = await Assert.ThrowsAsync<IOException>(() => world.StartAsync("sockets"));
        Assert.Contains("others can write its folder", error.Message, StringComparison.Ordinal);
        Assert.Contains("mkdir -m 700", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Socket_has_the_mode_0600_and_a_stale_one_is_replaced()
    {
        await using var world = new TakeoverWorld();
        using (var stale = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            stale.Bind(new UnixDomainSocketEndPoint(world.Path));
            File.Move(world.Path, world.Path + "2"); // .NET deletes the file at the first path.
        }

        File.Move(world.Path + "2", world.Path);
        await world.StartAsync("sockets");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(world.Path));
    }

    [Fact]
    public async Task File_that_is_no_socket_stays_and_ends_the_start()
    {
        await using var world = new TakeoverWorld();
        await File.WriteAllTextAsync(world.Path, "mine", Cancelled);
        var error = await Assert.ThrowsAsync<AddressInUseException>(() => world.StartAsync("sockets"));
        Assert.Contains("the path is a file that is not a socket", error.Message, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(world.Path, Cancelled));
    }

    /// <summary>Connects as the user "nobody", and returns what comes.</summary>
    private static async Task<string> ConnectAsStrangerAsync(string path)
    {
        using var process = Process.Start(
            new ProcessStartInfo(
                "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "--", "nc", "-v", "-U", path])
            {
                RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(Cancelled);
        return await process.StandardOutput.ReadToEndAsync(Cancelled) + await errors;
    }

    private static SafeFileHandle OpenFile(TakeoverWorld world) =>
        File.OpenHandle(Path.Combine(world.Folder, "file"), FileMode.Create, FileAccess.ReadWrite);
}
