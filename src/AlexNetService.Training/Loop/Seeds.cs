namespace AlexNetService.Training.Loop;

/// <summary>
/// Derives generators from the run's seed and the place of use, never from earlier draws, so a resumed epoch draws the same numbers as
/// an uninterrupted one.
/// </summary>
internal static class Seeds
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    // Places of photographs are 0 or more; negative numbers keep these streams separate.
    private const int OrderStream = -2;
    private const int StepStream = -3;

    /// <summary>The seed of a step's dropout; epoch and step are counted from 0.</summary>
    public static long OfStep(int seed, int epoch, int step) => (long)(Mix(seed, epoch, StepStream, step) >> 1);

    /// <summary>The generator for one use of a photograph: its crop, mirroring and colour shift.</summary>
    public static Random OfUse(int seed, int epoch, int place) => new((int)Mix(seed, epoch, place));

    /// <summary>A permutation of 0..count-1 (Fisher and Yates).</summary>
    public static int[] Order(int seed, int epoch, int count)
    {
        var order = Enumerable.Range(0, count).ToArray();
        new Random((int)Mix(seed, epoch, OrderStream)).Shuffle(order);
        return order;
    }

    /// <summary>Hashes the numbers with SplitMix64 (Steele, Lea, Flood 2014).</summary>
    private static ulong Mix(params ReadOnlySpan<int> numbers)
    {
        var state = 0UL;
        foreach (var number in numbers)
        {
            state = (state + (ulong)(uint)number + 1) * Golden;
            state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            state = (state ^ (state >> 27)) * 0x94D049BB133111EB;
            state ^= state >> 31;
        }

        return state;
    }
}
