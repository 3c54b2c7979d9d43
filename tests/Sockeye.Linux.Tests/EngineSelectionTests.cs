namespace Sockeye.Linux.Tests;

/// <summary>The option decides, then the environment, then what the system allows; and each says why.</summary>
public sealed class EngineSelectionTests
{
    private const string Refusal = "A seccomp filter refuses io_uring_setup (EPERM): allow it.";

    private static EngineAvailability Modern => new(null, () => new(true, "io_uring of Linux 6.18.0 passed its self-test."));

    private static EngineAvailability Container => new(null, () => IoUringSupport.Refused(Refusal));

    private static EngineAvailability Windows => new("this is not Linux (Microsoft Windows 10.0.26100)", NeverAsked);

    [Fact]
    public void Nothing_asked_for_gives_the_best_that_the_system_allows_and_says_why()
    {
        Assert.Equal(
            (LinuxEngine.IoUring, "io_uring of Linux 6.18.0 passed its self-test"), Make(LinuxEngine.Auto, null, Modern));
        Assert.Equal((LinuxEngine.Epoll, Refusal.TrimEnd('.')), Make(LinuxEngine.Auto, "", Container));
        Assert.Equal(
            (LinuxEngine.Sockets, "this is not Linux (Microsoft Windows 10.0.26100)"), Make(LinuxEngine.Auto, "auto", Windows));
    }

    [Theory]
    [InlineData("io_uring", LinuxEngine.IoUring)]
    [InlineData("epoll", LinuxEngine.Epoll)]
    [InlineData("sockets", LinuxEngine.Sockets)]
    [InlineData("EPOLL", LinuxEngine.Epoll)]
    public void Environment_decides_where_the_option_leaves_it_open(string value, LinuxEngine expected)
    {
        Assert.Equal((expected, $"requested by SOCKEYE_ENGINE={value}"), Make(LinuxEngine.Auto, value, Modern));
        Assert.Equal((LinuxEngine.Epoll, "requested by the options"), Make(LinuxEngine.Epoll, value, Modern));
    }

    [Fact]
    public void Value_that_names_no_engine_is_an_error_with_the_variable_the_value_and_the_ways_out()
    {
        var error = Assert.Throws<InvalidOperationException>(() => Make(LinuxEngine.Auto, "iouring", Modern));

        Assert.Equal(
            "The environment variable SOCKEYE_ENGINE is \"iouring\", which is not an engine: " +
            "set it to auto, io_uring, epoll or sockets, or unset it.",
            error.Message);
        Assert.Equal(LinuxEngine.Epoll, Make(LinuxEngine.Epoll, "iouring", Modern).Engine);
    }

    [Fact]
    public void Engine_that_was_asked_for_and_cannot_run_is_an_error_with_the_reason()
    {
        Assert.Equal(
            "io_uring (requested by the options) cannot run here: A seccomp filter refuses io_uring_setup (EPERM): allow it. " +
            "Or select auto or epoll.",
            Refused(LinuxEngine.IoUring, null, Container));
        Assert.Equal(
            "epoll (requested by SOCKEYE_ENGINE=epoll) cannot run here: this is not Linux (Microsoft Windows 10.0.26100). " +
            "Select auto or sockets.",
            Refused(LinuxEngine.Auto, "epoll", Windows));
    }

    [Fact]
    public void System_is_asked_for_io_uring_only_if_the_answer_matters()
    {
        var linux = new EngineAvailability(null, NeverAsked);

        Assert.Equal(LinuxEngine.Epoll, Make(LinuxEngine.Epoll, null, linux).Engine);
        Assert.Equal(LinuxEngine.Sockets, Make(LinuxEngine.Auto, "sockets", linux).Engine);
    }

    [Fact]
    public void Only_io_uring_that_was_not_requested_may_give_way_to_epoll()
    {
        Assert.True(EngineSelection.Select(LinuxEngine.Auto, null, Modern).MayFallBack);
        Assert.False(EngineSelection.Select(LinuxEngine.IoUring, null, Modern).MayFallBack);
        Assert.False(EngineSelection.Select(LinuxEngine.Auto, "io_uring", Modern).MayFallBack);
    }

    [Theory]
    [InlineData(LinuxEngine.Auto, "auto")]
    [InlineData(LinuxEngine.IoUring, "io_uring")]
    [InlineData(LinuxEngine.Epoll, "epoll")]
    [InlineData(LinuxEngine.Sockets, "sockets")]
    public void Every_engine_has_a_name_that_is_read_back(LinuxEngine engine, string name)
    {
        Assert.Equal(name, EngineNames.GetName(engine));
        Assert.Equal(engine, EngineNames.Parse(name));
        Assert.Contains(name, EngineNames.All, StringComparison.Ordinal);
        Assert.Null(EngineNames.Parse($" {name}"));
    }

    private static (LinuxEngine Engine, string Reason) Make(LinuxEngine wanted, string? variable, EngineAvailability system) =>
        EngineSelection.Select(wanted, variable, system) is var choice ? (choice.Engine, choice.Reason) : default;

    private static string Refused(LinuxEngine wanted, string? variable, EngineAvailability system) =>
        Assert.Throws<PlatformNotSupportedException>(() => Make(wanted, variable, system)).Message;

    private static IoUringSupport NeverAsked() =>
        throw new InvalidOperationException("The system was asked although the answer does not matter.");
}
