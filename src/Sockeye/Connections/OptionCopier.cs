using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>Copies options when they are taken, so that a later change has no effect.</summary>
internal static class OptionCopier
{
    /// <summary>Creates a shallow copy. The copy shares nested options with the original.</summary>
    [return: NotNullIfNotNull(nameof(options))]
    public static T? Copy<T>(T? options)
        where T : class => options is null ? null : (T)MemberwiseClone(options);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    private static extern object MemberwiseClone(object options);
}
