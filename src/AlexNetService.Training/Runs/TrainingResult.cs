namespace AlexNetService.Training.Runs;

/// <summary>The final test of a run, as <c>result.json</c> has it: the weights of the best epoch, ten crops.</summary>
/// <param name="Epochs">Epochs of the run.</param>
/// <param name="BestEpoch">The epoch that was tested, from 1.</param>
/// <param name="DataSet">Name of the data set whose photographs were held out.</param>
/// <param name="Images">Photographs held out.</param>
/// <param name="Crops">Views averaged for each photograph.</param>
/// <param name="Top1Error">Share whose label is not the first prediction, 0 to 1; null if none were held out.</param>
/// <param name="Top5Error">Share whose label is not among the first five, 0 to 1; null if none were held out.</param>
public sealed record TrainingResult(
    int Epochs, int BestEpoch, string DataSet, int Images, int Crops, double? Top1Error, double? Top5Error);
