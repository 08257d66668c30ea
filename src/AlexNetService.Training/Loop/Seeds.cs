namespace AlexNetService.Training.Loop;

/// <summary>
/// Generators that follow from the run's seed and the place they are used at, never from what was drawn before: an epoch that is
/// resumed draws what it would have drawn.
/// </summary>
internal static class Seeds
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    // Places of photographs are 0 and more; these streams lie beside them.
    private const int OrderStream = -2;
    private const int StepStream = -3;


    /// <summary>What the dropout of a step follows from.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="step">The step in it, from 0.</param>
    public static long OfStep(int seed, int epoch, int step) => (long)(Mix(seed, epoch, StepStream, step) >> 1);

    /// <summary>Generator of one use of a photograph: its crop, mirror and colours.</summary>
    public static Random OfUse(int seed, int epoch, int place) => new((int)Mix(seed, epoch, place));

    /// <summary>A permutation of 0..count-1 (Fisher and Yates).</summary>
    public static int[] Order(int seed, int epoch, int count)
    {
        var order = Enumerable.Range(0, count).ToArray();
        new Random((int)Mix(seed, epoch, OrderStream)).Shuffle(order);
        return order;
    }

    /// <summary>SplitMix64 (Steele, Lea, Flood 2014) over the numbers.</summary>
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
