using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;

namespace AlexNetService.Worker.Evaluate;

/// <summary>Errors of one model or ensemble.</summary>
/// <param name="Model">What was measured.</param>
/// <param name="Crops">Views averaged for each photograph.</param>
/// <param name="Images">Photographs.</param>
/// <param name="Top1Error">Share whose label is not the first prediction, 0 to 1.</param>
/// <param name="Top5Error">Share whose label is not among the first five, 0 to 1.</param>
internal sealed record MeasuredError(string Model, int Crops, int Images, double Top1Error, double Top5Error)
{
    /// <param name="model">What was measured.</param>
    /// <param name="crops">Views averaged for each photograph.</param>
    /// <param name="canvases">The photographs.</param>
    /// <param name="classes">Index of the model's class, by index of the data set's class.</param>
    /// <param name="probabilities">The model's probabilities of each photograph, in order.</param>
    public static MeasuredError Of(string model, int crops, Canvases canvases, int[] classes, IEnumerable<float[]> probabilities)
    {
        var errors = new ErrorRates();
        foreach (var scores in MeasuringProgress.Over(probabilities, canvases.Photographs.Count, model))
        {
            errors.Add(scores, classes[canvases.Photographs[errors.Images].Label]);
        }

        return new MeasuredError(model, crops, errors.Images, errors.Top1, errors.Top5);
    }
}
