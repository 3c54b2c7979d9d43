using System.Reflection;
using System.Text.RegularExpressions;
using Sockeye.Admin;
using Sockeye.Hosting;
using Sockeye.Kestrel;
using Sockeye.Linux;
using Sockeye.Nats;
using Sockeye.Testing;

namespace Sockeye.Tidy.Tests;

/// <summary>The one model of all public options of all packages: each setter checks its own value (decision 33).</summary>
public sealed partial class OptionModelTests
{
    private static readonly Type[] Packages =
    [
        typeof(SockeyeServerOptions), typeof(LinuxTransportOptions), typeof(ServerHealthOptions), typeof(SockeyeAdminOptions),
        typeof(SockeyeTransportOptions), typeof(NatsClusterOptions), typeof(SimulatedNetwork),
    ];

    /// <summary>Options by another name. The properties of a simulated network and host are the options of a test.</summary>
    private static readonly Type[] AlsoOptions =
        [typeof(ConnectionTimeouts), typeof(SimulationLimits), typeof(SimulatedNetwork), typeof(SimulatedHost)];

    private static readonly Type[] Numbers =
        [typeof(int), typeof(long), typeof(double), typeof(TimeSpan), typeof(DataRate)];

    /// <summary>Numbers that are not bounds, and what they are. All others are named by the scheme.</summary>
    private static readonly Dictionary<string, string[]> NotBounds = new(StringComparer.Ordinal)
    {
        ["a timeout of the class ConnectionTimeouts, whose name says so"] =
            ["Idle", "ReceiveIdle", "SendIdle", "FirstByte", "WriteStall", "Lifetime", "LifetimeGracePeriod"],
        ["a rate, or its burst"] = ["AcceptRate", "AcceptBurst", "ReadRate", "Bandwidth"],
        ["a delay or an interval"] =
            ["ConnectionAttemptDelay", "ResolutionDelay", "StableAfter", "SampleInterval", "BeatInterval"],
        ["a socket option by the name that the system has for it"] =
            ["Backlog", "KeepAliveTime", "KeepAliveInterval", "KeepAliveProbes", "ReceiveBufferSize", "SendBufferSize"],
        ["a count, a size or a position"] =
            ["ThreadCount", "Port", "IPv6PrefixLength", "LengthSize", "BytesBeforeLength", "BytesAfterLength"],
        ["a threshold"] = ["DegradedLevel"],
        ["a property of a simulated network"] = ["Latency", "Jitter", "Loss"],
    };

    public static TheoryData<string, string> BoundedOptions => Names(FindOptions().Where(IsBounded));

    public static TheoryData<string, string> TimeoutOptions =>
        Names(FindOptions().Where(option => option.Name.EndsWith("Timeout", StringComparison.Ordinal)));

    public static TheoryData<string, string> ReferenceOptions =>
        Names(FindOptions().Where(option => !option.PropertyType.IsValueType));

    [Fact]
    public void Options_of_every_package_are_found()
    {
        var types = FindOptions().Select(option => option.DeclaringType!).Distinct().ToList();

        Assert.Superset(
            new HashSet<string>(StringComparer.Ordinal)
            {
                "AddressLimitOptions", "ConnectionPoolOptions", "ConnectionTimeouts", "LengthPrefixOptions",
                "LinuxTransportOptions", "MessageGroupOptions", "NatsClusterOptions", "ProxyProtocolOptions",
                "ReconnectOptions", "ServerHealthOptions", "SimulatedHost", "SimulatedNetwork", "SimulationLimits",
                "SocketTransportOptions", "SockeyeAdminOptions", "SockeyeClientOptions", "SockeyeServerOptions",
                "SockeyeTransportOptions", "TlsClientOptions", "TlsServerOptions", "TransportConnectionOptions",
                "WireCaptureOptions",
            },
            types.Select(type => type.Name).ToHashSet());
        Assert.All(Packages, package => Assert.Contains(types, type => type.Assembly == package.Assembly));
    }

    [Theory, MemberData(nameof(BoundedOptions))]
    public void Setter_rejects_a_value_out_of_range_and_names_option_value_and_range(string type, string name)
    {
        var option = Find(type, name);
        var options = CreateOptions(option);
        var before = option.GetValue(options);
        var wrong = OutOfRange(Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType);

        var error = Assert.IsType<ArgumentOutOfRangeException>(
            Assert.Throws<TargetInvocationException>(() => option.SetValue(options, wrong)).InnerException);

        Assert.Equal(name, error.ParamName);
        Assert.Equal(wrong, error.ActualValue);
        Assert.Matches($"^{name} must be .+\\.", error.Message);
        Assert.Equal(before, option.GetValue(options));
    }

    [Theory, MemberData(nameof(TimeoutOptions))]
    public void Timeout_is_never_longer_than_a_timer_of_the_system_can_be(string type, string name)
    {
        var option = Find(type, name);
        var options = CreateOptions(option);
        var longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

        var error = Assert.Throws<TargetInvocationException>(() => option.SetValue(options, longest + TimeSpan.FromSeconds(1)));

        Assert.Equal(name, Assert.IsType<ArgumentOutOfRangeException>(error.InnerException).ParamName);
    }

    [Theory, MemberData(nameof(ReferenceOptions))]
    public void Setter_accepts_null_only_if_the_type_of_the_option_does(string type, string name)
    {
        var option = Find(type, name);
        var options = CreateOptions(option);
        if (new NullabilityInfoContext().Create(option).WriteState is NullabilityState.Nullable)
        {
            option.SetValue(options, null);
            Assert.Null(option.GetValue(options));
            return;
        }

        var error = Assert.IsType<ArgumentNullException>(
            Assert.Throws<TargetInvocationException>(() => option.SetValue(options, null)).InnerException);
        Assert.Equal(name, error.ParamName);
        Assert.NotNull(option.GetValue(options));
    }

    [Theory, MemberData(nameof(BoundedOptions))]
    public void Bound_is_named_by_the_scheme(string type, string name)
    {
        var option = Find(type, name).PropertyType;
        if ((Nullable.GetUnderlyingType(option) ?? option).IsEnum || NotBounds.Values.Any(names => names.Contains(name)))
            return;
        Assert.Matches(BoundName(), name);
    }

    [Fact]
    public void List_of_numbers_that_are_not_bounds_has_no_other_names()
    {
        var names = FindOptions().Where(IsBounded).Select(option => option.Name).ToHashSet(StringComparer.Ordinal);
        Assert.All(NotBounds.Values.SelectMany(each => each), name => Assert.Contains(name, names));
    }

    private static PropertyInfo Find(string type, string name) =>
        FindOptions().Single(each => each.DeclaringType!.FullName == type && each.Name == name);

    private static TheoryData<string, string> Names(IEnumerable<PropertyInfo> options)
    {
        var data = new TheoryData<string, string>();
        foreach (var option in options)
            data.Add(option.DeclaringType!.FullName!, option.Name);
        return data;
    }

    private static IEnumerable<PropertyInfo> FindOptions() =>
        Packages.SelectMany(package => package.Assembly.GetExportedTypes())
            .Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) || AlsoOptions.Contains(type))
            .Where(type => type is { IsClass: true, IsAbstract: false } && type != typeof(ListenOptions))
            .SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Where(option => option.SetMethod is { IsPublic: true });

    private static bool IsBounded(PropertyInfo option)
    {
        var type = Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType;
        return type.IsEnum || Numbers.Contains(type);
    }

    private static object CreateOptions(PropertyInfo option)
    {
        var type = option.DeclaringType!;
        if (type != typeof(SimulatedNetwork) && type != typeof(SimulatedHost))
            return Activator.CreateInstance(type, nonPublic: true)!;
        object? created = null;
        SimulatedNetwork.Run(1, network =>
        {
            created = type == typeof(SimulatedNetwork) ? network : network.AddHost("host");
            return Task.CompletedTask;
        });
        return created!;
    }

    private static object OutOfRange(Type type) => type switch
    {
        _ when type == typeof(UnixFileMode) => (UnixFileMode)0x1000,
        { IsEnum: true } => Enum.ToObject(type, 99),
        _ when type == typeof(TimeSpan) => TimeSpan.FromTicks(-1),
        _ when type == typeof(DataRate) => new DataRate(-1, TimeSpan.FromSeconds(5)),
        _ => Convert.ChangeType(-1, type, System.Globalization.CultureInfo.InvariantCulture),
    };

    [GeneratedRegex("^(Min|Max)[A-Z]|(Timeout|Limit)$")]
    private static partial Regex BoundName();
}
