namespace AlexNetService.Training.Measuring;

/// <summary>Logits of all views of one photograph → its probabilities.</summary>
public static class ViewLogits
{
    /// <summary>
    /// Mean over the views of softmax(logits / T), T above 0 (Krizhevsky 2012 §4.1): [views,classes] → [classes], summing to 1.
    /// </summary>
    public static float[] Probabilities(ReadOnlySpan<float> logits, int classes, double temperature)
    {
        var (mean, views) = (new float[classes], logits.Length / classes);
        for (var first = 0; first < logits.Length; first += classes)
        {
            var view = logits.Slice(first, classes);
            var normaliser = LogSumExp(view, temperature);
            for (var i = 0; i < classes; i++)
            {
                mean[i] += (float)(Math.Exp((view[i] / temperature) - normaliser) / views);
            }
        }

        return mean;
    }

    /// <summary>
    /// Negative logarithm of the same mean for one class, in nats, computed with logarithms in double precision: a search tries
    /// temperatures at which the probability itself is smaller than any number.
    /// </summary>
    public static double NegativeLogLikelihood(ReadOnlySpan<float> logits, int classes, int label, double temperature)
    {
        var (largest, sum, views) = (double.NegativeInfinity, 0.0, logits.Length / classes);
        for (var first = 0; first < logits.Length; first += classes)
        {
            var view = logits.Slice(first, classes);
            var log = (view[label] / temperature) - LogSumExp(view, temperature);

            // Σ exp(log) as exp(largest) · sum, whichever view is the largest so far.
            sum = log > largest ? (sum * Math.Exp(largest - log)) + 1 : sum + Math.Exp(log - largest);
            largest = Math.Max(largest, log);
        }

        return -(largest + Math.Log(sum / views));
    }

    private static double LogSumExp(ReadOnlySpan<float> logits, double temperature)
    {
        var largest = float.NegativeInfinity;
        foreach (var logit in logits)
        {
            largest = MathF.Max(largest, logit);
        }

        var sum = 0.0;
        foreach (var logit in logits)
        {
            sum += Math.Exp((logit - largest) / temperature);
        }

        return (largest / temperature) + Math.Log(sum);
    }
}
