using DecisionMaking.Drawing;
using DecisionMaking.Showing;
using DecisionMaking.World;
using GlueClassification;
using GlueClassification.Showing;
using Microsoft.ML.Eva;

namespace DecisionMaking;

/// <summary>Pretrains a policy on many tasks, fine-tunes it on others by several methods, lets all of them act, and shows what they solve.</summary>
internal static class Program
{
    private const string ZeroShotName = "zero-shot";
    private const int PictureSeed = 1_000_003;

    public static int Main(string[] arguments) => CommandLine.Invoke(arguments, Run);

    private static void Run(Settings settings)
    {
        Directory.CreateDirectory(settings.OutputFolder);
        var experiment = new Experiment(settings);

        // 1. One policy for twelve tasks, kept as a checkpoint that fine-tuning starts from.
        var pretrained = settings.PretrainedFolder ?? Path.Combine(settings.OutputFolder, "pretrained");
        if (settings.PretrainedFolder is null)
            Pretrain(experiment, pretrained);
        else if (!Directory.Exists(pretrained))
            throw new UserException($"--pretrained {pretrained} is no folder.");
        Screen.ShowPretrainedSuccess(experiment.TestPretraining(pretrained));

        // 2. Every held-out task by every method and seed, beside the pretrained policy as it is.
        var tasks = TableTask.HeldOut.Take(settings.Tasks).ToList();
        string[] players = ["expert", ZeroShotName, .. settings.Methods];
        using var paths = new PathPicture(tasks, players);
        var results = new List<RunResult>();
        foreach (var task in tasks)
        {
            paths.Add(task, 0, policy: null, PictureSeed);
            using (var zeroShot = Experiment.ZeroShot(pretrained))
            {
                results.Add(Test(experiment, zeroShot, task, ZeroShotName, seed: 1));
                paths.Add(task, 1, zeroShot, PictureSeed);
            }
            foreach (var method in settings.Methods)
                for (var seed = 1; seed <= settings.Seeds; seed++)
                {
                    using var policy = experiment.FineTune(pretrained, task, method, seed);
                    results.Add(Test(experiment, policy, task, method, seed));
                    if (seed == 1)
                        paths.Add(task, Array.IndexOf(players, method), policy, PictureSeed);
                }
        }

        // 3. The table, the learning curves, and the ways that the hand took.
        var table = new ResultTable(results);
        Screen.ShowTable(table);
        table.Save(settings.OutputFolder);
        ResultPicture.Save(table, Path.Combine(settings.OutputFolder, "results.png"));
        paths.Save(Path.Combine(settings.OutputFolder, "paths.png"));
        Screen.ShowFiles([.. new[] { "table.md", "results.json", "results.png", "paths.png" }.Select(name => Path.Combine(settings.OutputFolder, name))]);
    }

    private static void Pretrain(Experiment experiment, string folder)
    {
        using var screen = new TrainingScreen();
        Screen.ShowPretraining(screen.Run(() => experiment.Pretrain(folder, screen, screen.Stop)), folder);
    }

    private static RunResult Test(Experiment experiment, PolicyTransformer policy, TableTask task, string method, int seed)
    {
        var metrics = experiment.Test(policy, task);
        var result = policy.Report is { } report
            ? new RunResult(method, task.Name, seed, metrics.SuccessRate, metrics.MeanReturn, report.TrainableParameters, report.SecondsEva + report.SecondsTrain, report.ValidationMetrics)
            : new RunResult(method, task.Name, seed, metrics.SuccessRate, metrics.MeanReturn, TrainedParameters: 0, Seconds: 0, ActionErrors: []);
        Screen.ShowRun(result);
        return result;
    }
}
