namespace AlexNetService.Training.Measuring;

/// <summary>Errors on the photographs of one class.</summary>
/// <param name="Class">Identifier of the class.</param>
/// <param name="Photographs">Photographs that show it.</param>
/// <param name="Top1Error">Share whose class is not the first prediction, 0 to 1.</param>
/// <param name="Top5Error">Share whose class is not among the first five, 0 to 1.</param>
/// <param name="TakenFor">Identifier of the most frequent wrong prediction, or null if all were right.</param>
public sealed record ClassErrors(string Class, int Photographs, double Top1Error, double Top5Error, string? TakenFor = null)
{
    /// <summary>Every class that has photographs, worst first.</summary>
    public static IReadOnlyList<ClassErrors> Of(Predictions predictions)
    {
        var errors = predictions.Labels.Select(_ => new ErrorRates()).ToArray();
        foreach (var (probabilities, truth) in predictions.Probabilities.Zip(predictions.Truth))
        {
            errors[truth].Add(probabilities, truth);
        }

        var confusion = predictions.Confusion();
        return
        [
            .. predictions.Labels
                .Where(label => errors[label.Index].Images > 0)
                .OrderByDescending(label => errors[label.Index].Top1)
                .Select(label => new ClassErrors(
                    label.Id,
                    errors[label.Index].Images,
                    errors[label.Index].Top1,
                    errors[label.Index].Top5,
                    MostFrequent(confusion[label.Index], except: label.Index) is { } other ? predictions.Labels[other].Id : null)),
        ];
    }

    private static int? MostFrequent(int[] predicted, int except)
    {
        int[] wrong = [.. Enumerable.Range(0, predicted.Length).Where(index => index != except && predicted[index] > 0)];
        return wrong.Length == 0 ? null : wrong.MaxBy(index => predicted[index]);
    }
}
