namespace SampleProtocol;

public enum ReadingKind : byte
{
    Temperature = 1,
    Humidity = 2,
    Acknowledged = 3,
}

/// <summary>A message: a reading, or the acknowledgement of one.</summary>
/// <param name="Number">The number that the sender gives its readings.</param>
/// <param name="Value">The value in tenths of its unit.</param>
/// <param name="Sensor">The name of the sensor: at most <see cref="ReadingCodec.MaxSensorLength"/> bytes in UTF-8.</param>
public sealed record Reading(ReadingKind Kind, uint Number, short Value, string Sensor);
