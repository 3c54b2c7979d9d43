using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Contract;

/// <summary>
/// What every transport promises, in one suite. It needs no kernel: neither sockets nor threads nor the time of day, so that a
/// simulated network can join. A test begins with a new world and ends with the proof that all its connections are closed and
/// hold nothing.
/// </summary>
public abstract partial class TransportContract(TransportFixture fixture)
{
    private static readonly TransportSettings SmallBuffers = new()
    {
        MaxReadBufferSize = 16 * 1024,
        MaxWriteBufferSize = 16 * 1024,
        SmallSystemBuffers = true,
    };

    private static readonly Pattern Up = new(seed: 1);
    private static readonly Pattern Down = new(seed: 2);

    protected TransportFixture Fixture => fixture;

    protected Task Run(Func<TransportWorld, Task> test) => Run(new(), test);

    protected Task Run(TransportSettings settings, Func<TransportWorld, Task> test)
    {
        Assert.SkipWhen(fixture.Unavailable is not null, fixture.Unavailable ?? "");
        return fixture.RunAsync(settings, test);
    }
}
