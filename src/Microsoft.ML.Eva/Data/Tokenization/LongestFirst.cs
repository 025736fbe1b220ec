namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>How a row is cut to its room: at the end of the longer text, never so that the shorter one vanishes.</summary>
internal static class LongestFirst
{
    /// <summary>
    /// The lengths both texts keep. The shorter one stays whole if it fits half the room; otherwise it keeps half the room,
    /// rounded down, and the longer one (the second of equals) the rest.
    /// </summary>
    public static (int First, int Second) Cut(int first, int second, int room)
    {
        if (first + (long)second <= room)
            return (first, second);
        var shorter = Math.Min(Math.Min(first, second), room / 2);
        return first > second ? (room - shorter, shorter) : (shorter, room - shorter);
    }
}
