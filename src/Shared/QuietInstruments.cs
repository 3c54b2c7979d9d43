using System.Diagnostics.Metrics;

namespace Sockeye;

/// <summary>
/// Records measurements inside code that must continue: if a listener of metrics throws, only the measurement is lost.
/// </summary>
internal static class QuietInstruments
{
    extension<T>(Counter<T> counter)
        where T : struct
    {
        /// <returns>False if a listener threw.</returns>
        public bool TryAdd(T count, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            try
            {
                counter.Add(count, tags);
                return true;
            }
            catch (Exception)
            {
                return false; // See the type's comment.
            }
        }
    }

    extension<T>(Histogram<T> histogram)
        where T : struct
    {
        /// <returns>False if a listener threw.</returns>
        public bool TryRecord(T value, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            try
            {
                histogram.Record(value, tags);
                return true;
            }
            catch (Exception)
            {
                return false; // See the type's comment.
            }
        }
    }
}
