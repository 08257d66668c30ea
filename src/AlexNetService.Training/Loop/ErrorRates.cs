namespace AlexNetService.Training.Loop;

/// <summary>Top-1 and top-5 error over labelled photographs (Krizhevsky 2012 §2).</summary>
public sealed class ErrorRates
{
    private int top1Right;
    private int top5Right;

    /// <summary>Photographs counted.</summary>
    public int Images { get; private set; }

    /// <summary>Share whose label is not the first prediction, 0 to 1; 1 before the first photograph.</summary>
    public double Top1 => Images == 0 ? 1 : (double)(Images - top1Right) / Images;

    /// <summary>Share whose label is not among the first five predictions, 0 to 1; 1 before the first photograph.</summary>
    public double Top5 => Images == 0 ? 1 : (double)(Images - top5Right) / Images;

    /// <summary>
    /// Counts one photograph. Classes with exactly the label's score count as ahead of it, so that a network that answers the same for
    /// every class is right never, not always.
    /// </summary>
    /// <param name="scores">Logits or probabilities, one a class.</param>
    /// <param name="label">The right class.</param>
    public void Add(ReadOnlySpan<float> scores, int label)
    {
        var ahead = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            // A NaN compares false with everything; written this way round it counts as ahead.
            ahead += i != label && !(scores[i] < scores[label]) ? 1 : 0;
        }

        Images++;
        top1Right += ahead < 1 ? 1 : 0;
        top5Right += ahead < 5 ? 1 : 0;
    }
}
