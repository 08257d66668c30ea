namespace AlexNetService.Inference.Sessions;

/// <summary>exp(x) / Σ exp(x), for graphs that end in logits.</summary>
internal static class Softmax
{
    public static void Row(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        var largest = float.NegativeInfinity;
        foreach (var logit in logits)
        {
            largest = MathF.Max(largest, logit);
        }

        var sum = 0.0;
        for (var i = 0; i < logits.Length; i++)
        {
            // The largest logit is subtracted so that no power overflows.
            sum += probabilities[i] = MathF.Exp(logits[i] - largest);
        }

        var share = (float)(1 / sum);
        for (var i = 0; i < probabilities.Length; i++)
        {
            probabilities[i] *= share;
        }
    }
}
