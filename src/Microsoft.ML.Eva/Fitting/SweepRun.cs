using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.ML.Eva.Sweeps;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva.Fitting;

/// <summary>
/// Successive halving over the trials of one sweep. Between rungs all wait for each other, so that who goes on depends on the trials alone and
/// not on which of them was done first.
/// </summary>
internal sealed class SweepRun(IHost host, EvaLoraSweepOptions options, IReadOnlyList<TrialConfiguration> trials, TrialRunner runner, SweepJournal journal, IComparer<SweepTrial> order, Action<string> tell)
{
    private readonly IReadOnlyList<Rung> _rungs = HalvingSchedule.Create(trials.Count, options.HalvingFactor, options.EarliestStop);
    private readonly Dictionary<int, SweepTrial> _states = trials.ToDictionary(trial => trial.Number, trial => trial.ToTrial());
    private readonly Lock _gate = new();
    private volatile bool _isCancelled;

    /// <summary>Whether somebody asked it to stop.</summary>
    public bool IsCancelled => _isCancelled;

    /// <summary>All trials, best first.</summary>
    public IReadOnlyList<SweepTrial> Ranking => [.. _states.Values.Order(order)];

    /// <summary>Goes through the rungs, without what the journal says was done before.</summary>
    public void Run()
    {
        var alive = trials;
        for (var place = 0; place < _rungs.Count && !_isCancelled; place++)
        {
            var most = _rungs[place].Trials;
            alive = [.. alive.Where(trial => _states[trial.Number].Error is null).OrderBy(trial => _states[trial.Number], order).Take(most).OrderBy(trial => trial.Number)];
            RunRung(alive, place);
        }
        // Should all have failed that got to the end, the next best is trained to its.
        while (!_isCancelled && Ranking[0] is { Error: null, IsComplete: false } next)
            RunRung([trials.Single(trial => trial.Number == next.Number)], _rungs.Count - 1);
    }

    private void RunRung(IReadOnlyList<TrialConfiguration> alive, int place)
    {
        var (rung, number, done) = (_rungs[place], place + 1, 0);
        foreach (var trial in alive)
            if (journal.Find(trial.Number, number) is { } known)
                (_states[trial.Number], done) = (known, done + 1);
        var pending = alive.Where(trial => _states[trial.Number].Rungs < number).ToList();
        if (pending.Count > 0)
            tell(FormattableString.Invariant($"Rung {number} of {_rungs.Count}: {alive.Count} trials up to {rung.Part:p0} of their steps{(done > 0 ? $", {done} done before" : "")}."));
        try
        {
            Parallel.ForEach(Partitioner.Create(pending, EnumerablePartitionerOptions.NoBuffering), new ParallelOptions { MaxDegreeOfParallelism = options.ParallelTrials }, (trial, loop) =>
            {
                var state = _isCancelled || ((ICancelable)host).IsCanceled ? null : runner.Train(trial, _states[trial.Number], rung, number);
                if (state is null)
                    _isCancelled = true;
                else
                    Conclude(state, alive, ref done);
            });
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    private void Conclude(SweepTrial state, IReadOnlyList<TrialConfiguration> alive, ref int done)
    {
        lock (_gate)
        {
            journal.Add(state);
            _states[state.Number] = state;
            done++;
            var values = string.Join(", ", state.Values.Select(value => $"{value.Key} {value.Value}"));
            tell(FormattableString.Invariant($"Trial {state.Number} ({values}): {(state.Error is { } error ? $"failed: {error}" : FormattableString.Invariant($"{state.MetricName} {state.Metric:f4}"))} after {state.Steps} of {state.TotalSteps} steps."));
            var best = alive.Select(trial => _states[trial.Number]).Where(trial => trial.Rungs == state.Rungs && trial.Error is null).Min(order);
            options.Progress?.Report(new SweepProgress(state.Rungs, _rungs.Count, done, alive.Count, state, best));
        }
    }
}
