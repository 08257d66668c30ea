namespace AlexNetService.Training.Loop;

/// <summary>Top-1 and top-5 error over labelled photographs (Krizhevsky 2012 §2).</summary>
public sealed class ErrorRates
{
    /// <summary>Nothing counted yet.</summary>
    public ErrorRates()
    {
    }

    /// <summary>Counts to go on with.</summary>
    /// <param name="images">Photographs counted.</param>
    /// <param name="top1Right">Of those, how many were right at first.</param>
    /// <param name="top5Right">Of those, how many were right among the first five.</param>
    public ErrorRates(int images, int top1Right, int top5Right) => (Images, Top1Right, Top5Right) = (images, top1Right, top5Right);

    /// <summary>Photographs counted.</summary>
    public int Images { get; private set; }

    /// <summary>Photographs whose label is the first prediction.</summary>
    public int Top1Right { get; private set; }

    /// <summary>Photographs whose label is among the first five predictions.</summary>
    public int Top5Right { get; private set; }

    /// <summary>Share whose label is not the first prediction, 0 to 1; 1 before the first photograph.</summary>
    public double Top1 => Images == 0 ? 1 : (double)(Images - Top1Right) / Images;

    /// <summary>Share whose label is not among the first five predictions, 0 to 1; 1 before the first photograph.</summary>
    public double Top5 => Images == 0 ? 1 : (double)(Images - Top5Right) / Images;

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
        Top1Right += ahead < 1 ? 1 : 0;
        Top5Right += ahead < 5 ? 1 : 0;
    }
}
