using System.Reflection;
using Sockeye.Linux;

namespace Sockeye.Tests;

/// <summary>The one model of all public options: each setter checks its range (decision 33).</summary>
public sealed class OptionModelTests
{
    private static readonly Type[] Numbers =
        [typeof(int), typeof(long), typeof(double), typeof(TimeSpan), typeof(DataRate)];

    public static TheoryData<string, string> BoundedOptions()
    {
        var data = new TheoryData<string, string>();
        foreach (var option in FindOptions().Where(IsBounded))
            data.Add(option.DeclaringType!.FullName!, option.Name);
        return data;
    }

    [Fact]
    public void Options_of_every_package_are_found()
    {
        var types = FindOptions().Select(option => option.DeclaringType!.Name).Distinct().ToList();

        Assert.Superset(
            new HashSet<string>(StringComparer.Ordinal)
            {
                "AddressLimitOptions", "ConnectionPoolOptions", "ConnectionTimeouts", "LengthPrefixOptions",
                "LinuxTransportOptions",
                "MessageGroupOptions", "ProxyProtocolOptions", "ReconnectOptions", "SocketTransportOptions",
                "SockeyeClientOptions", "SockeyeServerOptions", "TlsClientOptions", "TlsServerOptions", "WireCaptureOptions",
            },
            types.ToHashSet());
    }

    [Theory]
    [MemberData(nameof(BoundedOptions))]
    public void Setter_rejects_a_value_out_of_range_and_names_option_value_and_range(string type, string name)
    {
        var option = FindOptions().Single(each => each.DeclaringType!.FullName == type && each.Name == name);
        var options = Activator.CreateInstance(option.DeclaringType!, nonPublic: true)!;
        var before = option.GetValue(options);
        var wrong = OutOfRange(Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType);

        var error = Assert.IsType<ArgumentOutOfRangeException>(
            Assert.Throws<TargetInvocationException>(() => option.SetValue(options, wrong)).InnerException);

        Assert.Equal(name, error.ParamName);
        Assert.Equal(wrong, error.ActualValue);
        Assert.Matches($"^{name} must be .+\\.", error.Message);
        Assert.Equal(before, option.GetValue(options));
    }

    private static IEnumerable<PropertyInfo> FindOptions() =>
        new[] { typeof(SockeyeServerOptions), typeof(LinuxTransportOptions) }
            .SelectMany(type => type.Assembly.GetExportedTypes())
            .Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) || type == typeof(ConnectionTimeouts))
            .Where(type => type is { IsClass: true, IsAbstract: false } && type != typeof(ListenOptions))
            .SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Where(option => option.SetMethod is { IsPublic: true });

    private static bool IsBounded(PropertyInfo option)
    {
        var type = Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType;
        return type.IsEnum || Numbers.Contains(type);
    }

    private static object OutOfRange(Type type) => type switch
    {
        { IsEnum: true } => Enum.ToObject(type, 99),
        _ when type == typeof(TimeSpan) => TimeSpan.FromTicks(-1),
        _ when type == typeof(DataRate) => new DataRate(-1, TimeSpan.FromSeconds(5)),
        _ => Convert.ChangeType(-1, type, System.Globalization.CultureInfo.InvariantCulture),
    };
}
