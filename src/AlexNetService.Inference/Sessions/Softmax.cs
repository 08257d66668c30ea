namespace AlexNetService.Inference.Sessions;

/// <summary>softmax(x / T) = exp(x / T) / Σ exp(x / T), where a temperature T of 1 is the plain softmax.</summary>
public static class Softmax
{
    /// <summary>Turns one crop's logits, [classes], into its probabilities, [classes]; the temperature is above 0.</summary>
    public static void Row(ReadOnlySpan<float> logits, double temperature, Span<float> probabilities)
    {
        var largest = float.NegativeInfinity;
        foreach (var logit in logits)
        {
            largest = MathF.Max(largest, logit);
        }

        var (sum, inverse) = (0.0, (float)(1 / temperature));
        for (var i = 0; i < logits.Length; i++)
        {
            // The largest logit is subtracted so that no power overflows.
            sum += probabilities[i] = MathF.Exp((logits[i] - largest) * inverse);
        }

        var share = (float)(1 / sum);
        for (var i = 0; i < probabilities.Length; i++)
        {
            probabilities[i] *= share;
        }
    }
}
