namespace AlexNetService.Onnx.Tests.Support;

internal static class Close
{
    /// <inheritdoc cref="Relative(double, ReadOnlySpan{double}, ReadOnlySpan{float})"/>
    public static void Relative(double tolerance, float[] expected, ReadOnlySpan<float> actual) =>
        Relative(tolerance, [.. expected.Select(value => (double)value)], actual);

    /// <summary>Largest difference, measured against the largest expected value.</summary>
    public static void Relative(double tolerance, ReadOnlySpan<double> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var (difference, scale) = (0.0, 0.0);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(float.IsFinite(actual[i]), $"Value {i} is {actual[i]}.");
            difference = Math.Max(difference, Math.Abs(expected[i] - actual[i]));
            scale = Math.Max(scale, Math.Abs(expected[i]));
        }

        Assert.True(
            difference <= tolerance * scale, $"Off by {difference:g3} where values reach {scale:g3}; {tolerance:g1} of that is allowed.");
    }
}
